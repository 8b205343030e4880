"""What can be rehearsed: kinds of falls and of everyday deeds, each a row of acts on a spot of the floor or a seat.

Rehearsals (rehearsal.py) draw from FALLS and EVERYDAY unless told otherwise, so that a seed goes on showing the same.
MORE_FALLS and MORE_EVERYDAY are harder: who sinks down at a wall, ties shoes or throws himself on a bed. LEAVING is who
goes out by a door, and is cut off by its frame from the side.
"""
from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from robot import site as plan
from sim import motion
from sim.broken_falls import FallOffSeat, FallOnHands, FallOnKnees, MissSeat, Sink
from sim.falls import FALL_KINDS, Fall
from sim.lookalikes import Crawl, Jump, LieDownOn, Sweep, Through, TieShoes, WalkOut
from sim.person import Person

AFTER_S = 3.0
SEATS, BEDS = ("sofa", "chair"), ("bed",)
# An act begins something and says for how long to look, None: until it is done. It may find that it cannot be done.
Act = Callable[[Person, np.random.Generator], float | None]
# Of each kind of deed: the kinds of furniture it needs one of, and its acts on a spot (2,) of the floor (n, 2).
Kinds = dict[str, tuple[tuple[str, ...], Callable[[np.ndarray, np.ndarray, plan.Furniture | None], list[Act]]]]


def _do(make: Callable[[], motion.Motion]) -> Act:
    def act(person: Person, rng: np.random.Generator) -> None:
        person.do(make())
    return act


def _wait(least_s: float, most_s: float) -> Act:
    return lambda person, rng: float(rng.uniform(least_s, most_s))


def _stand_at(spot: np.ndarray) -> Act:
    def act(person: Person, rng: np.random.Generator) -> float:
        person.place_at(*spot, float(rng.uniform(-math.pi, math.pi)))
        return float(rng.uniform(0.8, 2.0))
    return act


def _on(make: Callable[[], motion.Motion]) -> Act:
    def act(person: Person, rng: np.random.Generator) -> float:
        person.place(make())
        return float(rng.uniform(1.0, 2.5))
    return act


def _walk(floor: np.ndarray, for_s: tuple[float, float] | None = None) -> Act:
    def act(person: Person, rng: np.random.Generator) -> float | None:
        near = floor[np.hypot(*(floor - person.position[:2]).T) < 3.0]
        person.do(motion.WalkTo((tuple(near[rng.integers(len(near))]),)))
        return None if for_s is None else float(rng.uniform(*for_s))
    return act


def _standing_fall(kind: str) -> Callable:
    return lambda spot, floor, piece: [_stand_at(spot), _do(lambda: Fall(kind)), _wait(AFTER_S, AFTER_S)]


FALLS: Kinds = {
    **{kind: ((), _standing_fall(kind)) for kind in FALL_KINDS},
    "falls_walking": ((), lambda spot, floor, piece: [
        _stand_at(spot), _walk(floor, (0.8, 2.0)), _do(Fall), _wait(AFTER_S, AFTER_S)]),
    "slides_from_seat": (SEATS, lambda spot, floor, piece: [
        _on(lambda: motion.SitOn(piece.id)), _do(lambda: Fall("slide_from_seat")), _wait(AFTER_S + 2, AFTER_S + 2)]),
    "rolls_out_of_bed": (BEDS, lambda spot, floor, piece: [
        _on(lambda: motion.LieInBed(piece.id)), _do(lambda: Fall("roll_out_of_bed")),
        _wait(AFTER_S + 2, AFTER_S + 2)]),
}
EVERYDAY: Kinds = {
    "walks": ((), lambda spot, floor, piece: [_stand_at(spot), _walk(floor), _walk(floor), _wait(0.5, 1.5)]),
    "picks_up": ((), lambda spot, floor, piece: [
        _stand_at(spot), _do(motion.PickUp), _walk(floor, (1.0, 2.0)), _do(motion.PickUp), _wait(0.5, 1.0)]),
    "kneels": ((), lambda spot, floor, piece: [
        _stand_at(spot), _do(motion.Kneel), _wait(2.0, 4.0), _do(motion.Stand), _wait(0.5, 1.0)]),
    "sits_down": (SEATS, lambda spot, floor, piece: [
        _stand_at(spot), _do(lambda: motion.SitOn(piece.id)), _wait(1.5, 3.0), _do(motion.Stand), _walk(floor)]),
    "works_on_floor": ((), lambda spot, floor, piece: [
        _stand_at(spot), _do(motion.WorkOnFloor), _wait(1.5, 2.5)]),
    "takes_pill": (SEATS, lambda spot, floor, piece: [
        _on(lambda: motion.SitOn(piece.id)), _do(motion.TakePill), _do(motion.Stand), _wait(0.5, 1.0)]),
    "lies_down": (BEDS, lambda spot, floor, piece: [
        _stand_at(spot), _do(lambda: motion.LieInBed(piece.id)), _wait(2.0, 3.0)]),
    "gets_up": (BEDS, lambda spot, floor, piece: [
        _on(lambda: motion.LieInBed(piece.id)), _do(motion.GetUp), _walk(floor)]),
}


def _standing(*then: Act) -> tuple[tuple[str, ...], Callable]:
    return (), lambda spot, floor, piece: [_stand_at(spot), *then]


def _through(names: str, then_s: tuple[float, float] = (1.0, 3.0), **paces) -> tuple[tuple[str, ...], Callable]:
    return _standing(_do(lambda: Through(tuple(names.split()), **paces)), _wait(*then_s), _do(motion.Stand),
                     _wait(0.3, 0.8))


_QUICK_S = (0.4, 0.9)
MORE_FALLS: Kinds = {
    "falls_on_knees": _standing(_do(FallOnKnees), _wait(AFTER_S, AFTER_S)),
    "falls_on_hands": _standing(_do(FallOnHands), _wait(AFTER_S, AFTER_S)),
    "misses_seat": _standing(_do(MissSeat), _wait(AFTER_S, AFTER_S)),
    "sinks": _standing(_do(Sink), _wait(AFTER_S + 1, AFTER_S + 1)),
    "falls_off_seat": (SEATS, lambda spot, floor, piece: [
        _on(lambda: motion.SitOn(piece.id)), _do(lambda: FallOffSeat(piece.id)), _wait(AFTER_S, AFTER_S)]),
    "falls_off_bed": (BEDS, lambda spot, floor, piece: [
        _on(lambda: motion.LieInBed(piece.id)), _do(motion.SitUp), _wait(0.5, 1.5), _do(lambda: FallOffSeat(piece.id)),
        _wait(AFTER_S, AFTER_S)]),
}
MORE_EVERYDAY: Kinds = {
    "lies_down_quickly": (BEDS, lambda spot, floor, piece: [
        _stand_at(spot), _do(lambda: LieDownOn(piece.id)), _wait(1.5, 3.0)]),
    "lies_down_on_sofa": (("sofa",), lambda spot, floor, piece: [
        _stand_at(spot), _do(lambda: LieDownOn(piece.id)), _wait(1.5, 3.0)]),
    "sits_down_hard": (SEATS, lambda spot, floor, piece: [
        _stand_at(spot), _do(lambda: motion.SitOn(piece.id)), _wait(1.0, 3.0)]),
    "ties_shoes": (SEATS, lambda spot, floor, piece: [
        _on(lambda: motion.SitOn(piece.id)), _do(TieShoes), _wait(0.5, 2.0), _do(TieShoes), _wait(0.5, 1.0)]),
    "ties_shoes_kneeling": _through("kneel_one stoop", each_s=_QUICK_S, stay_s=2.0),
    "squats": _through("squat", each_s=_QUICK_S),
    "stoops": _through("stoop", (0.2, 0.8), each_s=(0.35, 0.7)),
    "looks_under_table": _through("squat hands_and_knees bow", each_s=_QUICK_S, stay_s=1.0),
    "reaches_under_bed": _through("kneel hands_and_knees lie_front", (1.5, 4.0), each_s=(0.5, 1.2), stay_s=1.0),
    "goes_on_all_fours": _through("hands_and_knees", (1.5, 4.0), each_s=(0.5, 1.2)),
    "crawls": _standing(_do(Crawl), _wait(0.5, 2.0), _do(motion.Stand), _wait(0.3, 0.8)),
    "kneels_quickly": _through("kneel", each_s=_QUICK_S),
    "prays": _through("kneel bow kneel bow", each_s=(0.6, 1.4), stay_s=1.0),
    "sits_on_floor": _through("squat sit_floor", (2.0, 4.0), each_s=(0.6, 1.4)),
    "lies_down_on_floor": _through("kneel_one sit_floor lie_back", (2.0, 4.0), each_s=(0.8, 1.6), stay_s=0.5),
    "lies_down_on_side": _through("squat hands_and_knees lie_left", (2.0, 4.0), each_s=(0.6, 1.3), stay_s=0.5),
    "exercises": _through("squat sit_floor lie_back sit_floor lie_back", (1.0, 2.0), each_s=(1.0, 2.2), stay_s=0.8),
    "presses_up": _through("hands_and_knees lie_front hands_and_knees lie_front", (1.0, 2.0), each_s=(0.9, 1.8),
                           stay_s=0.6),
    "jumps": _standing(_do(Jump), _wait(0.5, 1.0)),
    "sweeps": _standing(_do(Sweep), _wait(0.5, 1.0)),
    "picks_up_and_walks": ((), lambda spot, floor, piece: [
        _stand_at(spot), _walk(floor, (0.8, 2.0)), _do(lambda: Through(("stoop",), _QUICK_S)), _walk(floor, (1.0, 3.0)),
        _do(lambda: Through(("squat",), _QUICK_S)), _walk(floor, (1.0, 2.0))]),
}
LEAVING: Kinds = {"walks_out": _standing(_do(WalkOut), _wait(1.0, 2.0))}
REPERTOIRES: dict[str, tuple[Kinds, Kinds]] = {  # falls and everyday deeds
    "usual": (FALLS, EVERYDAY), "harder": (MORE_FALLS, MORE_EVERYDAY), "leaving": (FALLS, LEAVING)}
# Begun on furniture: the spot of the floor need not be in sight.
ON_FURNITURE = ("slides_from_seat", "rolls_out_of_bed", "takes_pill", "gets_up", "falls_off_seat", "falls_off_bed",
                "ties_shoes")
