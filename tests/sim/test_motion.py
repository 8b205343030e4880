"""What people do: bodies rest on what carries them, feet stand, falls end clear, the same seed does the same."""
from __future__ import annotations

import math

import numpy as np
import pytest

import sim  # noqa: F401
from robot.resources import resource
from robot.site import load_site
from sim.body import BONE, choose_clothes
from sim.motion import (
    FALL_KINDS,
    Fall,
    GetUp,
    GetUpFromFloor,
    Kneel,
    LieInBed,
    PickUp,
    SitOn,
    SlideFrom,
    StandUp,
    TakePill,
    TryToGetUp,
    WalkTo,
    WorkOnFloor,
)
from sim.person import Person
from sim.poses import POSES
from sim.ragdoll import Aim, Push, drop
from sim.ways import Ways

SITE = load_site(resource("config/home.yaml"))
WAYS = Ways(SITE)
LEFT_ANKLE, RIGHT_ANKLE = BONE["foot.L"], BONE["foot.R"]


class Stage:
    """A person without a renderer: lives in steps, keeps what happened."""

    def __init__(self, seed: int = 0, figure: str = "woman") -> None:
        self.events: list[tuple[float, str, str]] = []
        self.time_s = 0.0
        clothes = choose_clothes(figure, np.random.default_rng(seed))
        self.person = Person("lin", figure, clothes, SITE, WAYS, seed,
                             lambda time_s, what, person, detail: self.events.append((time_s, what, detail)))
        self.person.place_at(2.6, 1.4, 0.4)

    def perform(self, *motions, step_s: float = 0.05, each=lambda: None) -> Stage:
        for motion in motions:
            self.person.queue(motion)
        while self.person.busy:
            self.time_s += step_s
            assert self.time_s < 200
            self.person.advance(self.time_s)
            each()
        return self

    def happened(self, what: str) -> list[float]:
        return [time_s for time_s, name, _ in self.events if name == what]

    def surface(self) -> np.ndarray:
        return self.person.body.surface(self.person._bare_stance())[0]

    def joint(self, name: str) -> np.ndarray:
        return self.person.body.pose(self.person._bare_stance())[1][BONE[name]]


def test_standing_is_on_the_floor_and_upright():
    stage = Stage()
    assert abs(stage.surface()[:, 2].min()) < 0.02
    assert 1.45 < stage.person.head_position[2] < 1.7


def test_the_face_looks_where_the_body_is_heading():
    stage = Stage()
    stage.person.place_at(2.0, 1.0, 2.0)
    direction = stage.person.face_direction
    assert stage.person.heading == pytest.approx(2.0, abs=1e-6)
    assert math.atan2(direction[1], direction[0]) == pytest.approx(2.0, abs=0.15)


def test_lying_in_bed_rests_on_the_mattress_with_the_head_at_the_pillow():
    stage = Stage()
    bed = SITE.furniture[0]
    stage.person.place(LieInBed(bed.id))
    assert stage.surface()[:, 2].min() == pytest.approx(bed.size[2], abs=0.06)
    assert all(bed.contains(x, y, 0.1) for x, y in stage.surface()[:, :2])
    assert stage.person.head_position[0] < bed.pose[0] - 0.5
    assert (stage.person.posture, stage.person.on_furniture) == ("lying", bed.id)


def test_getting_up_passes_the_edge_and_ends_beside_the_bed():
    stage = Stage()
    stage.person.place(LieInBed("bed_1"))
    stage.perform(GetUp())
    assert [name for _, name, _ in stage.events] == ["sat_up", "out_of_bed"]
    assert stage.person.posture == "standing" and stage.person.on_furniture is None
    assert not SITE.furniture[0].contains(*stage.person.position[:2])


@pytest.mark.parametrize("seed", range(3))
def test_sitting_is_on_the_seat_with_the_feet_on_the_floor(seed):
    stage = Stage(seed).perform(SitOn("sofa"))
    seat = next(item for item in SITE.furniture if item.id == "sofa")
    assert stage.person.on_furniture == "sofa" and len(stage.happened("sat_down")) == 1
    assert seat.size[2] < stage.person.position[2] < seat.size[2] + 0.2
    assert stage.surface()[:, 2].min() == pytest.approx(0.0, abs=0.03)


def test_a_resting_foot_does_not_slide_while_walking():
    stage = Stage(2)
    slides, before = [], None

    def watch():
        nonlocal before
        feet = np.array([stage.joint("foot.L"), stage.joint("foot.R")])
        if before is not None and stage.person.posture == "walking":
            low = np.maximum(feet[:, 2], before[:, 2]) < stage.person.posing.ankle_m + 0.004
            slides.extend(np.linalg.norm(feet - before, axis=1)[low])
        before = feet

    stage.perform(WalkTo(((1.0, 1.0),)), step_s=0.04, each=watch)
    assert len(slides) > 40 and np.percentile(slides, 95) < 0.012


def test_walking_goes_round_furniture_through_the_doors_at_an_elders_pace():
    stage, places = Stage(1), []
    stage.perform(WalkTo(((6.8, 1.2),), heading=1.0), each=lambda: places.append(stage.person.position[:2].copy()))
    places = np.array(places)
    assert WAYS.is_free(places).all()
    assert math.dist(stage.person.position[:2], (6.8, 1.2)) < 0.1
    assert stage.person.heading == pytest.approx(1.0, abs=0.12)
    speeds = np.linalg.norm(np.diff(places, axis=0), axis=1) / 0.05
    assert 0.4 < np.median(speeds[speeds > 0.2]) < 0.85


def test_a_place_without_a_way_is_refused():
    with pytest.raises(ValueError, match="no way"):
        Stage().perform(WalkTo(((40.0, 40.0),)))


@pytest.mark.parametrize("kind", FALL_KINDS)
@pytest.mark.parametrize("seed", range(2))
def test_a_fall_hits_the_floor_once_in_time_and_ends_limp_and_clear(kind, seed):
    stage = Stage(seed)
    falling: list[float] = []
    stage.perform(Fall(kind), step_s=0.02,
                  each=lambda: falling.append(stage.time_s) if stage.person.posture == "falling" else None)
    impacts = stage.happened("impact")
    assert len(impacts) == 1 and 0.45 < impacts[0] - falling[0] + 0.02 <= 1.15
    points = stage.surface()
    assert stage.person.posture == "lying"
    assert stage.person.position[2] < 0.3 and stage.person.head_position[2] < 0.35
    assert points[:, 2].min() == pytest.approx(0.0, abs=0.05)
    assert WAYS.is_free(points[:, :2]).mean() > 0.97


@pytest.mark.parametrize("seed", range(3))
def test_a_fall_beside_the_bed_ends_clear_of_it(seed):
    stage = Stage(seed)
    stage.person.place(LieInBed("bed_1"))
    stage.perform(GetUp(), Fall())
    assert WAYS.is_free(stage.surface()[:, :2]).mean() > 0.95


def test_a_descent_speeds_up_as_it_goes():
    stage, heights = Stage(5), []
    stage.perform(Fall("slip_backward"), step_s=0.02, each=lambda: heights.append(stage.person.position[2])
                  if stage.person.posture == "falling" and not stage.happened("impact") else None)
    drops = -np.diff(heights)
    assert drops[: len(drops) // 3].mean() < 0.7 * drops[len(drops) // 3:].mean()


def test_trying_to_get_up_fails_and_getting_up_succeeds():
    stage = Stage(3).perform(Fall("sideways"), TryToGetUp(2))
    assert len(stage.happened("failed_to_get_up")) == 2 and stage.person.posture == "lying"
    stage.perform(GetUpFromFloor())
    assert stage.person.posture == "standing" and stage.person.head_position[2] > 1.4


def test_sliding_from_the_sofa_ends_on_the_floor_before_it():
    stage = Stage(4).perform(SitOn("sofa"), SlideFrom("sofa"))
    assert len(stage.happened("impact")) == 1
    assert stage.person.on_furniture is None and stage.person.position[2] < 0.35


def test_sliding_needs_a_seat_and_rolling_a_bed():
    for kind, remedy in (("slide_from_seat", "sit_on"), ("roll_out_of_bed", "lie_in_bed")):
        with pytest.raises(ValueError, match=remedy):
            Stage().perform(Fall(kind))


@pytest.mark.parametrize("seed", range(2))
def test_rolling_out_of_bed_ends_on_the_floor_beside_it(seed):
    stage = Stage(seed)
    stage.person.place(LieInBed("bed_1"))
    stage.perform(Fall("roll_out_of_bed"))
    assert len(stage.happened("impact")) == 1 and stage.person.on_furniture is None
    assert stage.person.position[2] < 0.35 and not SITE.furniture[0].contains(*stage.person.position[:2])


def test_a_body_hit_by_nothing_but_gravity_does_not_pass_through_furniture():
    stage = Stage()
    body, start = stage.person.body, stage.person.posing.standing((1.1, 2.0), math.pi / 2)  # before the bed
    fall = drop(body, SITE, start, math.pi / 2, Push(forward=1.6), [Aim(0, POSES["stumble"])])
    points = body.surface(fall.stances[-1])[0]
    inside = [SITE.furniture[0].contains(x, y, -0.1) for x, y in points[:, :2]]
    assert any(inside) and points[inside, 2].min() > SITE.furniture[0].size[2] - 0.1


def test_stooping_and_kneeling_are_not_falls():
    stage = Stage(1).perform(PickUp(), Kneel(), StandUp())
    assert not stage.happened("impact") and len(stage.happened("picked_up")) == 1
    assert stage.person.posture == "standing"


@pytest.mark.parametrize("work, posture", [
    ("look_under", "lying"), ("pray", "kneeling"), ("exercise", "lying"), ("play", "lying"), ("garden", "kneeling"),
    ("crawl", "kneeling"), ("reach_under", "lying"), ("rest", "lying")])
def test_work_on_the_floor_is_no_fall_and_ends_on_the_floor(work, posture):
    stage = Stage(3).perform(WorkOnFloor(work))
    assert not stage.happened("impact") and len(stage.happened("on_floor")) == 1
    assert stage.person.posture == posture and -0.02 < stage.surface()[:, 2].min() < 0.02
    stage.perform(StandUp())
    assert stage.person.posture == "standing"


def test_a_tablet_goes_to_the_mouth_while_sitting():
    stage = Stage(2).perform(SitOn("sofa"))
    nearest = []
    stage.perform(TakePill(), each=lambda: nearest.append(
        np.linalg.norm(stage.joint("wrist.R") - stage.person.head_position)))
    assert min(nearest) < 0.28 and stage.person.on_furniture == "sofa"


def test_the_same_seed_gives_the_same_movement_and_another_another():
    ends = [Stage(seed).perform(Fall(), TryToGetUp(1)).person.stance.joints for seed in (7, 7, 8)]
    assert np.array_equal(ends[0], ends[1]) and not np.allclose(ends[0], ends[2])


def test_events_carry_their_own_time_whatever_the_step():
    times = [Stage(6).perform(Fall("trip_forward"), step_s=step).happened("impact")[0] for step in (0.02, 0.5)]
    assert times[0] == pytest.approx(times[1], abs=1e-6)


def test_doing_something_else_drops_what_was_going_on():
    stage = Stage(1)
    stage.person.queue(WalkTo(((6.8, 1.2),)))
    stage.person.advance(2.0)
    stage.time_s = 2.0
    before = stage.person.position
    stage.person.do(Fall("faint_collapse"))
    assert np.linalg.norm(stage.person.position - before) < 0.02
    assert len(stage.perform().happened("impact")) == 1


@pytest.mark.parametrize("figure", ["woman", "man", "adult"])
def test_every_figure_can_stand_sit_and_fall(figure):
    stage = Stage(1, figure).perform(SitOn("sofa"), WalkTo(((6.2, 1.2),)), Fall())
    assert stage.person.posture == "lying" and stage.person.position[2] < 0.32
