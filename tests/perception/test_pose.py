"""Closer, turned looks at a picture: geometry."""
import numpy as np
import pytest

from perception.pose import ANGLES_DEG, Look, searches


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
