"""Closer, turned looks at a picture: geometry."""
import numpy as np
import pytest

from perception import pose as poses
from perception.pose import ANGLES_DEG, Look, Pose, PoseFinder, searches


def spot(x: int, y: int) -> np.ndarray:
    """A picture with one bright spot."""
    image = np.zeros((480, 640, 3), np.uint8)
    image[y - 3:y + 4, x - 3:x + 4] = 255
    return image


@pytest.mark.parametrize("degrees", ANGLES_DEG)
@pytest.mark.parametrize("side", [150.0, 320.0, 640.0])
def test_what_is_seen_in_a_turned_square_is_placed_where_it_is_in_the_picture(side, degrees):
    look = Look((330.0, 250.0), side, degrees)
    shown = look.picture(spot(350, 220))
    rows, columns = np.nonzero(shown[..., 0] > 100)
    share = (np.array([[columns.mean(), rows.mean()]]) + 0.5) / shown.shape[0]
    assert look.pixels(share)[0] == pytest.approx((350, 220), abs=1.5)


def test_a_quarter_turn_shows_who_lies_head_to_the_left_upright():
    look = Look((320.0, 240.0), 320.0, 270.0)
    shown = look.picture(spot(230, 240))
    rows, columns = np.nonzero(shown[..., 0] > 100)
    assert rows.mean() < 80 and columns.mean() == pytest.approx(160, abs=2)
    assert look.world(np.array([[0.0, -1.0, 0.3]]))[0] == pytest.approx((-1, 0, 0.3))  # up there is left here


@pytest.mark.parametrize(("width", "height"), [(640, 480), (480, 640), (320, 240), (1920, 1080), (500, 500)])
def test_the_search_passes_over_no_part_of_the_picture(width, height):
    for degrees in (0, 90, 270):
        seen = np.zeros((height, width), bool)
        for look in searches(width, height):
            if look.degrees == degrees and look.side < max(width, height):
                (x, y), half = look.middle, look.side / 2
                seen[max(int(y - half), 0):int(y + half) + 1, max(int(x - half), 0):int(x + half) + 1] = True
        assert seen.all()


def test_somebody_who_moves_to_the_rim_of_a_look_leaves_it():
    look = Look.around((100, 100, 200, 300))
    assert look.holds((110, 110, 220, 300)) and not look.holds((210, 100, 310, 300))


def somebody(x: float) -> Pose:
    marks = np.column_stack([np.linspace(x, x + 80, 33), np.linspace(100, 400, 33)])
    return Pose.of(marks, np.ones(33), np.zeros((33, 3)))


class Scene:
    """In place of the landmarkers: two people, one of whom may vanish; notes which look was made at them."""

    def __init__(self) -> None:
        self.people = {"left": somebody(100), "right": somebody(400)}
        self.looks: list[str] = []

    def model(self, bundle: bytes, people: int, confidence: float) -> "Scene.Model":
        return Scene.Model(self, people)

    class Model:
        def __init__(self, scene: "Scene", people: int) -> None:
            self._scene, self._people = scene, people

        def find(self, image: np.ndarray, step_ms: int, look: Look | None = None) -> list[Pose]:
            self._scene.looks.append("close" if look else "all" if self._people > 1 else "one")
            return [pose for pose in self._scene.people.values() if look is None or look.holds(pose.box)][:self._people]


@pytest.fixture()
def scene(monkeypatch):
    scene = Scene()
    monkeypatch.setattr(poses, "_Model", scene.model)
    monkeypatch.setattr(poses, "model_bundle", bytes)
    return scene


def look_for(finder: PoseFinder, scene: Scene, start_s: float, seconds: float, **thrift) -> list[int]:
    """People in each picture, fifteen a second; only the looks of this time are kept."""
    scene.looks.clear()
    image = np.zeros((480, 640, 3), np.uint8)
    return [len(finder.find(image, start_s + number / 15, **thrift)) for number in range(round(seconds * 15))]


def test_where_time_is_short_several_are_looked_for_four_times_a_second_and_who_moves_in_every_picture(scene):
    finder, mover = PoseFinder(2), [scene.people["right"].box]
    look_for(finder, scene, 0.0, 2.0)
    generous = scene.looks.count("all")
    found = look_for(finder, scene, 2.0, 2.0, first=mover, thrifty=True)
    assert set(found) == {2} and generous >= 15
    assert 7 <= scene.looks.count("all") <= 9 and scene.looks.count("close") == 30 - scene.looks.count("all")


def test_where_time_is_short_nobody_is_looked_at_between_while_all_rest(scene):
    finder = PoseFinder(2)
    look_for(finder, scene, 0.0, 2.0)
    assert set(look_for(finder, scene, 2.0, 2.0, thrifty=True)) == {2}
    assert len(scene.looks) == scene.looks.count("all") <= 9


def test_who_is_lost_where_time_is_short_is_lost_at_once_and_not_held_where_they_were(scene):
    finder, mover = PoseFinder(2), [scene.people["right"].box]
    look_for(finder, scene, 0.0, 2.0)
    look_for(finder, scene, 2.0, 0.4, first=mover, thrifty=True)
    del scene.people["right"]
    assert set(look_for(finder, scene, 2.4, 0.4, first=mover, thrifty=True)) == {1}


def test_whoever_is_missing_is_looked_for_also_where_time_is_short(scene):
    finder, lost = PoseFinder(2), [scene.people["left"].box]
    look_for(finder, scene, 0.0, 2.0)
    del scene.people["left"]
    look_for(finder, scene, 2.0, 1.0, missing=lost, thrifty=True)
    assert scene.looks.count("close") >= 4
