"""Falls and everyday life anywhere in the simulated home and ward, before any camera: what the eyes make of them.

    python bench/rehearsals.py [--falls 0-199] [--everyday 0-199] [--of usual] [--keep FOLDER] [--jobs 2]

Poses by the real pose model on rendered pictures. "with depth": as the robot judges, heights and plan known; "without":
the same poses as of a plain camera, by the rules and by the learnt model. A fall counts as found when it is suspected
between the body's first giving way and 2 s after the impact. Falls out of the picture or behind furniture, less than
half of the body in sight for most of these two seconds, are counted apart.
"""
from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections import Counter, defaultdict
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from bench.figures import figure, machine  # noqa: E402
from bench.labelled_clips import inputs, judge  # noqa: E402
from bench.rehearsed import Seen, numbers, seen  # noqa: E402
from perception.evaluation import wilson  # noqa: E402
from perception.fall import FallEvent, FallState  # noqa: E402
from perception.learnt import FallModel  # noqa: E402
from sim.repertoire import REPERTOIRES  # noqa: E402

WITHIN_S, HALF = 2.0, 0.5


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--falls", default="0-199", help="seeds")
    arguments.add_argument("--everyday", default="0-199", help="seeds")
    arguments.add_argument("--of", choices=list(REPERTOIRES), default="usual", help="kinds of sim/repertoire.py")
    arguments.add_argument("--keep", type=Path, help="folder that keeps what was seen, to go on or to judge again")
    arguments.add_argument("--jobs", type=int, default=1)
    options = arguments.parse_args()
    wanted = [(seed, True) for seed in numbers(options.falls)] + [(seed, False) for seed in numbers(options.everyday)]
    command = f"python bench/rehearsals.py --falls {options.falls} --everyday {options.everyday}" \
        + f" --of {options.of}" * (options.of != "usual")
    with tempfile.TemporaryDirectory() as scratch:
        rehearsals = list(seen(options.keep or Path(scratch), wanted, options.jobs, options.of))
    tell("with depth", command, [(one, judge([(frame.time_s, frame.people) for frame in one.frames]))
                                for one in rehearsals])
    for eyes, model in (("without depth, rule", None), ("without depth, learnt", FallModel.load())):
        tell(eyes, command, [(one, judge(inputs([(frame.time_s, frame.poses) for frame in one.frames], model)))
                             for one in rehearsals])
    costs = [frame.cost_ms for one in rehearsals for frame in one.frames]
    figure("eyes_ms_per_frame", costs, "ms", command)


def delay_s(rehearsal: Seen, falls: list[FallEvent]) -> float | None:
    """From the impact to the suspicion, None where there was none in time."""
    first_s = next((event.time_s for event in falls if event.state == FallState.SUSPECTED
                    and rehearsal.began_s <= event.time_s <= rehearsal.impact_s + WITHIN_S), None)
    return None if first_s is None else first_s - rehearsal.impact_s


def tell(eyes: str, command: str, judged: list[tuple[Seen, list[FallEvent]]]) -> None:
    """Print the figures of one kind of eyes."""
    falls = [(one, delay_s(one, events)) for one, events in judged
             if one.fall and one.impact_s is not None and one.in_sight >= HALF]
    suspected = [(one, [e for e in events if e.state == FallState.SUSPECTED]) for one, events in judged if not one.fall]
    confirmed = [(one, [e for e in events if e.state == FallState.CONFIRMED]) for one, events in judged if not one.fall]
    kinds: dict[str, list[bool]] = defaultdict(list)
    for one, late_s in falls:
        kinds[one.kind].append(late_s is not None)
    hidden = [delay_s(one, events) is not None for one, events in judged
              if one.fall and one.impact_s is not None and one.in_sight < HALF]
    common = {"eyes": eyes, "command": command, "machine": machine()}
    if falls:
        print(json.dumps({
            "figure": "sensitivity", **common, "n": len(falls), "out_of_sight": f"{sum(hidden)}/{len(hidden)}",
            **wilson(sum(late_s is not None for _, late_s in falls), len(falls)),
            "kinds": {kind: f"{sum(found)}/{len(found)}" for kind, found in sorted(kinds.items())},
            "missed": [f"{one.seed}: {one.setting}" for one, late_s in falls if late_s is None]}), flush=True)
        figure("impact_to_suspected_s", [late_s for _, late_s in falls if late_s is not None], "s",
               f"{command}, {eyes}")
    print(json.dumps({
        "figure": "specificity", **common, "n": len(suspected),
        **wilson(sum(not events for _, events in suspected), len(suspected)),
        "confirmed": sum(bool(events) for _, events in confirmed),
        "kinds": {kind: f"{sum(not events for one, events in suspected if one.kind == kind)}/{number}" for kind, number
                  in sorted(Counter(one.kind for one, _ in suspected).items())},
        "false": [f"{one.seed}: {one.setting}; {'; '.join(events[0].evidence)}"
                  for one, events in suspected if events]}), flush=True)


if __name__ == "__main__":
    main()
