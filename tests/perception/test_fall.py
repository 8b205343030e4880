"""Falls are told from everything that only looks like one."""
import itertools
import math

import numpy as np
import pytest
from figures import BEND, FLOOR_SIT, KNEEL, LIE, SIT, STAND, between, camera_at, joints, sight_of
from hypothesis import given, settings
from hypothesis import strategies as st

from perception.fall import FallDetector, FallKind, FallState, Person
from perception.people import fall_input
from perception.posture import Posture
from perception.tracks import Tracker

STOP = camera_at(3.3, 0.75, 135)
SUSPECTED, CONFIRMED, RECOVERED = FallState.SUSPECTED, FallState.CONFIRMED, FallState.RECOVERED


def course(*parts):
    """Figures at 10 Hz: each part is (figure, seconds to get there, seconds to stay); None is being out of sight."""
    figures, before = [], None
    for figure, going_s, staying_s in parts:
        if figure is None:
            figures += [None] * round(staying_s * 10)
            continue
        steps = round(going_s * 10)
        figures += [between(before, figure, i / steps) for i in range(1, steps + 1)] if before is not None else []
        figures += [figure] * round(staying_s * 10)
        before = figure
    return figures


def judge(figures, with_depth=True, start_s=1000.0, camera=STOP):
    numbers = itertools.count()
    tracker, detector, events = Tracker(lambda: f"p{next(numbers)}"), FallDetector(lambda: f"f{next(numbers)}"), []
    for number, figure in enumerate(figures):
        time_s = start_s + number * 0.1
        view = camera(number) if callable(camera) else camera
        sights = [] if figure is None else [sight_of(figure, view, with_depth)]
        events += detector.update([fall_input(track) for track in tracker.update(sights, time_s)], time_s)
    return events


UP, DOWN = joints(STAND, (1.9, 1.9), 45), joints(LIE, (1.9, 1.9), 45)
SEAT, ON_BED = joints(SIT, (1.5, 2.5), -90), joints(LIE, (0.9, 2.9), 180, 0.5)
FALL = course((UP, 0, 2), (DOWN, 0.8, 4))


@pytest.mark.parametrize("with_depth", [True, False])
def test_a_fall_is_suspected_within_a_second_of_impact_and_confirmed_two_later(with_depth):
    events = judge(FALL, with_depth)
    assert [event.state for event in events] == [SUSPECTED, CONFIRMED]
    assert events[0].kind == FallKind.DESCENT
    assert events[0].time_s - 1002.8 < 1.0 and events[1].time_s - 1002.8 < 3.0
    assert events[0].fall_id == events[1].fall_id


def test_evidence_is_readable():
    first = judge(FALL)[0]
    assert any("cm above the floor" in phrase for phrase in first.evidence)
    assert any("m/s" in phrase for phrase in first.evidence)


@pytest.mark.parametrize("with_depth", [True, False])
@pytest.mark.parametrize("what", ["sits down", "bends", "kneels", "walks", "leaves", "stands", "is seen for one frame"])
def test_everyday_movement_is_no_fall(what, with_depth):
    figures = {
        "sits down": course((UP, 0, 2), (joints(SIT, (1.9, 1.9), 45), 1.0, 4), (UP, 1.5, 2)),
        "bends": course((UP, 0, 2), (joints(BEND, (1.9, 1.9), 45), 0.9, 1), (UP, 0.9, 2)),
        "kneels": course((UP, 0, 2), (joints(KNEEL, (1.9, 1.9), 45), 1.2, 4), (UP, 1.5, 2)),
        "walks": course((UP, 0, 1), (joints(STAND, (1.2, 2.0), 45), 2.0, 1)),
        "leaves": course((UP, 0, 2), (None, 0, 5)),
        "stands": course((UP, 0, 8)),
        "is seen for one frame": course((UP, 0, 2), (None, 0, 0.5), (DOWN, 0, 0.1), (None, 0, 2)),
    }[what]
    assert judge(figures, with_depth) == []


def test_lying_down_on_the_bed_sitting_up_and_getting_up_is_no_fall():
    edge = joints(SIT, (1.1, 2.55), -90, 0.08)
    assert judge(course((joints(STAND, (1.1, 1.9), -90), 0, 2), (edge, 1.2, 2), (ON_BED, 1.5, 6), (edge, 1.5, 2),
                        (joints(STAND, (1.1, 1.9), -90), 1.2, 2))) == []


def test_someone_found_on_the_floor_is_reported():
    events = judge([DOWN] * 40)
    assert [(event.state, event.kind) for event in events] == [(SUSPECTED, FallKind.FOUND), (CONFIRMED, FallKind.FOUND)]


def test_someone_found_lying_is_not_reported_where_the_floor_is_not_known():
    assert judge([DOWN] * 60, with_depth=False) == []


def test_someone_found_asleep_in_bed_is_left_alone():
    assert judge([ON_BED] * 60) == []


def test_a_slow_slide_from_a_seat_to_the_floor_is_reported():
    slid = joints(FLOOR_SIT, (1.5, 2.1), -90)
    events = judge(course((joints(SIT, (1.2, 2.5), -90), 0, 3), (slid, 3.0, 8)))
    assert [event.kind for event in events][:1] == [FallKind.SLIDE]


def test_who_slips_out_of_bed_and_sits_on_the_floor_is_reported_at_once():
    beside = joints(FLOOR_SIT, (1.7, 2.3), 0)
    first = judge(course((ON_BED, 0, 3), (beside, 2.0, 3)))[0]
    assert (first.state, first.kind) == (SUSPECTED, FallKind.SLIDE)


@pytest.mark.parametrize("leap, falls", [(3.5, 1), (13.0, 0), (-11.0, 0)])
def test_a_skeleton_that_leaps_as_nobody_can_is_no_fall(leap, falls):
    up = Person("p", True, Posture.STANDING, torso_angle_rad=0.1, descent_speed=0.0)
    going = [3.5, leap, 3.5, 3.5, 0.0]
    course = [up] * 20 + [Person("p", True, Posture.BENDING, torso_angle_rad=1.0, descent_speed=v) for v in going]
    course += [Person("p", True, Posture.LYING_ON_FLOOR, torso_angle_rad=1.5, descent_speed=0.0)] * 10
    detector = FallDetector()
    events = [event for number, person in enumerate(course) for event in detector.update([person], number * 0.1)]
    assert len(events) == falls


@pytest.mark.parametrize("lying_s, kinds", [(20, []), (35, [FallKind.SLIDE])])
def test_who_goes_down_by_stages_is_asked_about_only_after_a_while(lying_s, kinds):
    low = joints(FLOOR_SIT, (1.9, 1.9), 45)
    events = judge(course((UP, 0, 2), (low, 4.0, 1), (DOWN, 0.8, lying_s)))
    assert [event.kind for event in events][:1] == kinds


@pytest.mark.parametrize("every", [1, 12])
def test_the_stages_are_remembered_where_hardly_a_picture_comes_while_nothing_moves(every):
    low = joints(FLOOR_SIT, (1.9, 1.9), 45)
    figures = course((UP, 0, 2), (low, 4.0, 1), (DOWN, 0.8, 20))
    lying = len(figures) - 195
    tracker, detector, events = Tracker(lambda: "p"), FallDetector(), []
    for number, figure in enumerate(figures):
        if number < lying or (number - lying) % every == 0:
            told = tracker.update([sight_of(figure, STOP, True)], number * 0.1)
            events += detector.update([fall_input(track) for track in told], number * 0.1)
    assert events == []


LOW = joints(FLOOR_SIT, (1.9, 1.9), 45)
WORKING = course((UP, 0, 2), (LOW, 4.0, 1), (DOWN, 0.8, 4))


@pytest.mark.parametrize("lost_s, lying_s, kinds", [
    (25, 15, []), (25, 30, [FallKind.SLIDE]), (70, 2, [FallKind.FOUND])])
def test_who_lies_on_purpose_is_the_one_found_lying_in_that_place(lost_s, lying_s, kinds):
    events = judge(WORKING + [None] * lost_s * 10 + [DOWN] * lying_s * 10)
    assert [event.kind for event in events][:1] == kinds


def test_who_is_found_lying_elsewhere_than_somebody_who_works_on_the_floor_is_reported_at_once():
    elsewhere = joints(LIE, (1.1, 3.9), 45)
    events = judge(WORKING + [None] * 250 + [elsewhere] * 20)
    assert [event.kind for event in events] == [FallKind.FOUND]


def test_who_works_on_the_floor_gets_up_and_falls_is_reported_at_once():
    events = judge(WORKING + course((DOWN, 0, 0.1), (UP, 3.0, 2), (DOWN, 0.8, 2)))
    assert [event.kind for event in events][:1] == [FallKind.DESCENT]


@pytest.mark.parametrize("going_s, found", [(0.3, True), (2.5, False)])
def test_a_fall_that_the_hands_break_is_no_stage(going_s, found):
    kneeling = joints(KNEEL, (1.9, 1.9), 45)
    assert bool(judge(course((UP, 0, 2), (kneeling, going_s, 1.3), (DOWN, 1.5, 3)))) is found


def test_who_walks_by_cut_off_into_something_that_seems_to_lie_is_not_found_lying():
    walking = [joints(LIE, (1.2 + 0.05 * number, 1.9), 45) for number in range(20)]
    assert judge(walking) == []


def test_a_skeleton_far_below_the_floor_is_nobody_lying():
    sunk = joints(LIE, (1.9, 1.9), 45, -0.5)
    assert judge([sunk] * 30) == []


def test_a_slow_sinking_in_one_go_is_reported():
    assert judge(course((UP, 0, 2), (DOWN, 2.0, 4)))[0].state == SUSPECTED


def test_getting_up_again_is_recovery():
    events = judge(course((UP, 0, 2), (DOWN, 0.8, 1.0), (UP, 2.0, 4)))
    assert [event.state for event in events][0] == SUSPECTED
    assert events[-1].state == RECOVERED


def test_a_fallen_person_found_again_from_elsewhere_is_the_same_fall():
    def driving(number):
        return STOP if number < 50 else camera_at(1.9, 0.5, 90)
    events = judge(FALL + [None] * 250 + [DOWN] * 40, camera=driving)
    assert {event.fall_id for event in events} == {events[0].fall_id}
    assert [event.state for event in events] == [SUSPECTED, CONFIRMED]


def test_being_lost_at_the_end_of_a_fast_descent_is_suspicious():
    falling = course((UP, 0, 2), (DOWN, 0.8, 0.1))
    events = judge(falling + [None] * 30)
    assert [event.state for event in events] == [SUSPECTED]


def test_a_frozen_camera_makes_no_fall():
    half_way = between(UP, DOWN, 0.4)
    assert judge(course((UP, 0, 2)) + [half_way] * 50) == []


def test_a_patrolling_robot_that_sways_makes_no_fall():
    def driving(number):
        return camera_at(3.3 - 0.03 * number, 0.75, 135 - number, pitch_deg=14 + 2 * math.sin(number))
    assert judge([joints(STAND, (1.6, 2.4), 0)] * 40, camera=driving) == []


def test_time_set_back_forgets_and_does_not_invent():
    detector = FallDetector()
    up = Person("a", True, Posture.STANDING, torso_height_m=0.9, descent_speed=0.0, position=(1.0, 1.0))
    for number in range(20):
        assert detector.update([up], 500.0 + number * 0.1) == []
    assert detector.update([up], 10.0) == []
    assert detector.update([up], 9.95) == []  # a late frame


@pytest.mark.parametrize("hips, found", [(0.2, True), (-0.3, True), (0.7, False), (1.2, False), (math.nan, True)])
def test_before_a_plain_camera_who_stoops_or_lies_on_a_bed_has_the_hips_above_the_feet(hips, found):
    detector, events = FallDetector(), []
    for number in range(30):
        down = number >= 20
        events += detector.update([Person(
            "a", True, Posture.LYING_ON_FLOOR if down else Posture.STANDING, torso_angle_rad=1.4 if down else 0.1,
            descent_speed=4.0 if 18 <= number < 22 else 0.0, hips_above_feet=hips if down else 1.4)], number * 0.1)
    assert bool(events) is found


@pytest.mark.parametrize("aspect, found", [(0.2, False), (0.9, True), (math.nan, True)])
@pytest.mark.parametrize("heights", [True, False])
def test_who_sinks_out_of_sight_upright_has_gone_behind_a_door_frame(aspect, found, heights):
    """Skeletons are squeezed into what the frame still shows; who falls out of sight lies across the picture."""
    detector, events = FallDetector(), []
    for number in range(30):
        sinks, seen = number >= 17, number < 20
        known = dict(torso_height_m=0.3 if sinks else 0.9, head_height_m=0.6 if sinks else 1.5) if heights else dict(
            hips_above_feet=0.4 if sinks else 1.4)
        events += detector.update([Person(
            "a", seen, Posture.WALKING, torso_angle_rad=0.5, aspect=aspect if sinks else 0.4,
            descent_speed=4.0 if sinks and seen else 0.0, **known)], number * 0.1)
    assert bool(events) is found


@pytest.mark.parametrize("lain_s, found", [(0.0, True), (2.0, False)])
def test_before_a_plain_camera_the_leaping_skeleton_of_who_already_lay_is_no_fall(lain_s, found):
    detector, events, leaps = FallDetector(), [], 2.0 + lain_s
    for number in range(70):
        time_s = number * 0.1
        events += detector.update([Person(
            "a", True, Posture.LYING_ON_FLOOR if time_s >= 2.0 else Posture.STANDING, torso_angle_rad=1.4,
            descent_speed=4.0 if leaps - 0.05 < time_s < leaps + 0.35 else 0.5)], time_s)
    assert bool(events) is found


@pytest.mark.parametrize("sure, speed, found", [
    (0.99, 2.1, True), (0.9, 2.1, False), (math.nan, 2.1, False), (0.99, 1.5, False), (0.7, 4.0, True),
    (0.5, 4.0, False), (math.nan, 4.0, True)])
def test_a_slower_descent_counts_where_the_learnt_model_agrees_and_none_where_it_denies_it(sure, speed, found):
    detector, events = FallDetector(), []
    for number in range(30):
        down = number >= 20
        events += detector.update([Person(
            "a", True, Posture.LYING_ON_FLOOR if down else Posture.STANDING, torso_angle_rad=1.4 if down else 0.1,
            descent_speed=speed if 15 <= number < 21 else 0.0, fall_probability=sure if down else sure * 0.1)],
            number * 0.1)
    assert bool(events) is found


@pytest.mark.parametrize("sure, found", [(0.99, True), (0.9, False)])
def test_who_lies_along_the_line_of_sight_is_taken_for_fallen_where_the_learnt_model_is_sure(sure, found):
    detector, events = FallDetector(), []
    for number in range(30):
        events += detector.update([Person(
            "a", True, Posture.STANDING if number < 20 else Posture.SITTING, torso_angle_rad=0.2,
            descent_speed=2.4 if 15 <= number < 21 else 0.0, fall_probability=sure if number >= 19 else 0.1)],
            number * 0.1)
    assert bool(events) is found


def before_a_plain_camera(upright, fallen, speed, sure, seen=True):
    """Events of who stands for two seconds and is `fallen` then, out of sight where not `seen`."""
    detector, events = FallDetector(), []
    for number in range(40):
        down = number >= 20
        events += detector.update([Person(
            "a", seen or not down, **(fallen if down else upright), descent_speed=speed if 16 <= number < 21 else 0.0,
            fall_probability=sure if down else 0.05)], number * 0.1)
    return events


STANDS = {"posture": Posture.STANDING, "torso_angle_rad": 0.1, "hips_above_feet": 1.4, "top_above_feet": 3.2}
SITS_LOW = {"posture": Posture.SITTING, "torso_angle_rad": 0.2, "hips_above_feet": 0.3, "top_above_feet": 1.7}


@pytest.mark.parametrize("speed, sure, found", [(3.0, 0.9, True), (3.0, 0.7, False), (2.2, 0.9, False)])
def test_who_looks_seated_after_a_fast_descent_has_fallen_where_the_learnt_model_thinks_it_probable(speed, sure, found):
    assert bool(before_a_plain_camera(STANDS, SITS_LOW, speed, sure)) is found


@pytest.mark.parametrize("hips, sure, found", [(0.9, 0.9, True), (1.3, 0.9, False), (0.9, 0.7, False)])
def test_who_is_lost_upright_in_a_fast_descent_has_fallen_where_the_learnt_model_thinks_it_probable(hips, sure, found):
    upright = {**STANDS, "hips_above_feet": hips}
    assert bool(before_a_plain_camera(upright, SITS_LOW, 2.6, sure, seen=False)) is found


@pytest.mark.parametrize("took, sure, tilt_rad, found", [
    (4, 0.9, 1.0, True), (12, 0.9, 1.0, False), (4, 0.7, 1.0, False), (4, 0.9, 0.3, False)])
def test_a_collapse_from_full_height_that_the_learnt_model_thinks_probable_is_a_fall(took, sure, tilt_rad, found):
    detector, events = FallDetector(), []
    for number in range(60):
        part = min(max(number - 30, 0) / took, 1.0)
        events += detector.update([Person(
            "a", True, Posture.STANDING if part < 1 else Posture.BENDING, torso_angle_rad=part * tilt_rad,
            descent_speed=1.8 if 0 < part < 1 else 0.0, top_above_feet=3.2 - 2.4 * part,
            fall_probability=sure if part == 1 else 0.05)], number * 0.1)
    assert [event.state for event in events][:1] == ([SUSPECTED] if found else [])
    assert not found or events[0].began_s == pytest.approx(3.1, abs=0.25)


@pytest.mark.parametrize("posture, head_m, up", [
    (Posture.BENDING, 0.8, False), (Posture.SITTING, 0.85, False), (Posture.STANDING, 1.4, True),
    (Posture.SITTING, 1.2, True)])
def test_half_way_up_is_not_yet_recovered(posture, head_m, up):
    detector, states = FallDetector(), []
    for number in range(70):
        if number < 30:
            person = Person("a", True, Posture.LYING_ON_FLOOR, torso_height_m=0.15, head_height_m=0.15)
        else:
            person = Person("a", True, posture, torso_height_m=0.55, head_height_m=head_m)
        states += [event.state for event in detector.update([person], number * 0.1)]
    assert (RECOVERED in states) is up and CONFIRMED in states


def test_values_that_are_no_numbers_make_no_fall():
    detector = FallDetector()
    unknown = Person("a", True, Posture.UNKNOWN)
    assert [event for number in range(50) for event in detector.update([unknown], number * 0.1)] == []


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(list(Posture)), st.booleans(),
                          st.floats(-50, 50) | st.just(math.nan), st.floats(-5, 5) | st.just(math.nan),
                          st.floats(0, 1) | st.just(math.nan), st.floats(min_value=-3, max_value=3)), max_size=80),
       st.booleans())
def test_any_input_gives_orderly_events(frames, with_depth):
    detector, time_s, states = FallDetector(), 100.0, {}
    for posture, visible, speed, height, likely, step_s in frames:
        time_s += step_s
        person = Person("a", visible, posture, descent_speed=speed, fall_probability=likely, **(
            {"torso_height_m": height} if with_depth else {"hips_above_feet": height, "top_above_feet": height + 1}))
        for event in detector.update([person], time_s):
            allowed = {None: {SUSPECTED}, SUSPECTED: {CONFIRMED, RECOVERED}, CONFIRMED: {RECOVERED}, RECOVERED: set()}
            assert event.state in allowed[states.get(event.fall_id)]
            states[event.fall_id] = event.state
            assert 0 <= event.confidence <= 1 and np.isfinite(event.began_s)


def shape_of(track_id, place=(1.0, 1.0), speed=math.nan, visible=True):
    """Somebody of whom only a shape on the floor is seen."""
    return Person(track_id, visible, Posture.LYING_ON_FLOOR, resident_id="lin", position=place, torso_height_m=0.2,
                  head_height_m=0.2, descent_speed=speed)


def walker(track_id, visible=True):
    return Person(track_id, visible, Posture.STANDING, resident_id="lin", position=(1.0, 1.0), torso_height_m=0.9,
                  head_height_m=1.6)


def judge_people(*stretches):
    """Stretches of (seconds, people) at 10 Hz."""
    detector, events, time_s = FallDetector(), [], 100.0
    for lasts_s, *people in stretches:
        for _ in range(round(lasts_s * 10)):
            events += detector.update(people, time_s)
            time_s += 0.1
    return events


def test_who_comes_down_again_later_has_fallen_anew_though_nobody_saw_them_get_up():
    events = judge_people((4, shape_of("a", speed=3.0)), (120,), (4, shape_of("b", speed=3.0)))
    assert [event.state for event in events] == [SUSPECTED, CONFIRMED] * 2
    assert events[0].fall_id != events[2].fall_id


def test_one_body_in_two_shapes_one_after_the_other_is_one_fall():
    events = judge_people((1, shape_of("a", speed=3.0)), (3, shape_of("a", visible=False), shape_of("b", speed=3.0)))
    assert [event.state for event in events] == [SUSPECTED, CONFIRMED]
    assert len({event.fall_id for event in events}) == 1


def test_a_track_that_was_lost_takes_up_the_fall_that_a_shape_told_in_its_place():
    events = judge_people((2, walker("a")), (2, walker("a", visible=False), shape_of("b", speed=3.0)),
                          (8, shape_of("b", visible=False), shape_of("a")))
    assert {event.fall_id for event in events} == {events[0].fall_id}


def sinking(speed, torso_m, head_m, angle_rad=1.0):
    """Somebody on the way down, bent over, for 0.3 s."""
    return 0.3, Person("a", True, Posture.BENDING, position=(1.0, 1.0), torso_height_m=torso_m, head_height_m=head_m,
                       torso_angle_rad=angle_rad, descent_speed=speed)


@pytest.mark.parametrize("speed, torso_m, found", [(2.2, 0.67, False), (3.2, 0.67, True), (2.2, 0.50, True)])
def test_who_is_lost_bent_over_has_fallen_only_if_low_or_as_fast_as_one_falls(speed, torso_m, found):
    events = judge_people((2, walker("a")), sinking(speed, torso_m, 0.79), (1, walker("a", visible=False)))
    assert bool(events) is found


@pytest.mark.parametrize("unseen_s, found", [(1.6, False), (0.5, True)])
def test_who_was_low_before_being_out_of_sight_for_a_moment_and_is_low_after_it_went_down_by_stages(unseen_s, found):
    gone = (unseen_s, walker("a", visible=False))
    lying = Person("a", True, Posture.LYING_ON_FLOOR, position=(1.0, 1.0), torso_height_m=0.2, head_height_m=0.3,
                   descent_speed=0.0)
    events = judge_people((2, walker("a")), sinking(2.2, 0.67, 0.79), gone, (1, lying))
    assert bool(events) is found


@pytest.mark.parametrize("torso_m, kind", [(0.3, FallKind.FOUND), (0.7, FallKind.DESCENT)])
def test_who_was_never_higher_than_the_floor_did_not_come_down_in_sight(torso_m, kind):
    low = Person("a", True, Posture.CROUCHING, position=(1.0, 1.0), torso_height_m=torso_m, head_height_m=0.7,
                 descent_speed=0.0)
    leap = Person("a", True, Posture.LYING_ON_FLOOR, position=(1.0, 1.0), torso_height_m=0.2, head_height_m=0.3,
                  descent_speed=2.0)
    still = Person("a", True, Posture.LYING_ON_FLOOR, position=(1.0, 1.0), torso_height_m=0.2, head_height_m=0.3,
                   descent_speed=0.0)
    assert judge_people((0.2, low), (0.3, leap), (2, still))[0].kind == kind


@pytest.mark.parametrize("upright_s, kinds", [(1.0, []), (0.0, [FallKind.DESCENT])])
def test_who_stood_up_from_a_seat_and_went_down_by_stages_did_not_fall_off_it(upright_s, kinds):
    seated = Person("a", True, Posture.SITTING, position=(1.0, 1.0), torso_height_m=0.6, head_height_m=1.2,
                    furniture="sofa", descent_speed=0.0)
    kneeling = Person("a", True, Posture.CROUCHING, position=(1.0, 1.0), torso_height_m=0.5, head_height_m=1.0,
                      descent_speed=0.0)
    going = Person("a", True, Posture.LYING_ON_FLOOR, position=(1.0, 1.0), torso_height_m=0.2, head_height_m=0.3,
                   descent_speed=2.0)
    lying = Person("a", True, Posture.LYING_ON_FLOOR, position=(1.0, 1.0), torso_height_m=0.2, head_height_m=0.3,
                   descent_speed=0.0)
    events = judge_people((2, seated), (upright_s, walker("a")), (1.5, kneeling), (0.3, going), (0.7, lying))
    assert [event.kind for event in events] == kinds


def test_who_stood_up_from_a_seat_and_sinks_to_the_floor_slowly_is_reported():
    seated = Person("a", True, Posture.SITTING, position=(1.0, 1.0), torso_height_m=0.6, head_height_m=1.2,
                    furniture="sofa", descent_speed=0.0)
    on_floor = Person("a", True, Posture.SITTING_ON_FLOOR, position=(1.0, 1.0), torso_height_m=0.2, head_height_m=0.8,
                      descent_speed=0.0)
    events = judge_people((2, seated), (1.0, walker("a")), (5, on_floor))
    assert [(event.state, event.kind) for event in events] == [(SUSPECTED, FallKind.SLIDE), (CONFIRMED, FallKind.SLIDE)]


def test_who_stood_where_depth_told_nothing_is_seen_to_fall():
    far = Person("a", True, Posture.STANDING, position=(1.0, 1.0), descent_speed=0.0)
    going, lying = (Person("a", True, Posture.LYING_ON_FLOOR, position=(1.0, 1.0), torso_height_m=0.2,
                           head_height_m=0.3, descent_speed=speed) for speed in (3.0, 0.0))
    assert judge_people((2, far), (0.3, going), (0.5, lying))[0].kind == FallKind.DESCENT
