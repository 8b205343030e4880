"""Judges a run: its events in; for each check a state, a reason and evidence out.

Pure. Times are simulated seconds since the start of the scenario. A check that had nothing to judge (what it waits for
never came) fails: it would otherwise be green for the wrong reason.
"""
from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from sim.must import Check, Happening, Which, clock, describe

# An event is stamped when it happened and told a little later; until then nothing is final.
LATE_S = 2.0
# The robot reads its clock twenty times a second: what follows at once may bear an earlier stamp than its cause.
TICK_S = 0.05


@dataclass(frozen=True)
class Result:
    """What became of one check. `open`: the run may still decide it. Evidence: the events that decided, in order."""
    check: Check
    state: Literal["holds", "fails", "open"]
    why: str
    evidence: tuple[Happening, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        return {"check": str(self.check), "because": self.check.because, "state": self.state, "why": self.why,
                "evidence": [{"event": h.event, "sim_time_s": round(h.sim_time_s, 3)} for h in self.evidence]}


def judge(checks: Iterable[Check], happenings: Iterable[Happening], now_s: float, over: bool) -> list[Result]:
    """Each check against what has happened until now_s; `over`: nothing more will, and none stays open."""
    events = sorted(happenings, key=lambda h: h.sim_time_s)
    return [_judge(check, events, math.inf if over else now_s - LATE_S, over) for check in checks]


def _judge(check: Check, events: Sequence[Happening], sure_s: float, over: bool) -> Result:
    if check.order:
        return _in_order(check, events, over)
    start = _first(check.after, events) if isinstance(check.after, Which) else None
    if isinstance(check.after, Which) and start is None:
        return Result(check, "fails" if over else "open", f"could not be judged: there was no {check.after}")
    zero_s = start.sim_time_s if start else check.after or 0.0
    low, high = check.window if check.every is None else (0.0, math.inf)
    early_s = TICK_S if check.event and start else 0.0
    begin_s, end_s = (zero_s + low - early_s if check.after is not None else -math.inf), zero_s + high
    if isinstance(check.until, Which):
        later = [h for h in events if h.sim_time_s > zero_s or check.after is None]
        stop = _first(check.until, later)
        end_s = min(end_s, stop.sim_time_s if stop else math.inf)
    elif check.until is not None:
        end_s = min(end_s, check.until)
    found = [h for h in events if check.which.matches(h) and begin_s <= h.sim_time_s <= end_s and h is not start]
    closed = over or sure_s > end_s
    if check.every is not None:
        return _each_followed(check, found, events, sure_s, closed, over)
    state = _counted(check, len(found), closed)
    shown = found[:1] if check.event or check.never else found
    return Result(check, state, _why(check, state, found, start, events, (begin_s, end_s)),
                  tuple(filter(None, (start, *shown))))


def _counted(check: Check, number: int, closed: bool) -> Literal["holds", "fails", "open"]:
    least, most = {"event": (1, math.inf), "never": (0, 0)}.get(check.kind, (check.least, check.most))
    if number > most:
        return "fails"
    if number >= least and (closed or most == math.inf):
        return "holds"
    return "fails" if closed else "open"


def _why(check: Check, state: str, found: Sequence[Happening], start: Happening | None,
         events: Sequence[Happening], window: tuple[float, float]) -> str:
    if check.count is not None:
        return f"{len(found)} times" + (f": at {', '.join(clock(h.sim_time_s) for h in found)}" if found else "")
    if found:
        since = f", {found[0].sim_time_s - start.sim_time_s:.1f} s after {start.event}" if start else ""
        return f"{describe(found[0])} at {clock(found[0].sim_time_s)}{since}"
    if check.never is not None:
        return "did not happen" if state == "holds" else "has not happened so far"
    begin_s, end_s = window
    near = [h for h in events if h.event == check.which.event and h is not start]
    if not near:
        return f"there was no {check.which.event}" if state == "fails" else "has not happened yet"
    late = [h for h in near if check.which.matches(h) and h.sim_time_s > end_s]
    early = [h for h in near if check.which.matches(h) and h.sim_time_s < begin_s]
    other = (late or early or near)[0]
    when = f"too late: {other.sim_time_s - end_s:.1f} s" if late else "too early" if early else "not as asked"
    return f"only {when}, {describe(other)} at {clock(other.sim_time_s)}"


def _each_followed(check: Check, found: Sequence[Happening], events: Sequence[Happening], sure_s: float,
                   closed: bool, over: bool) -> Result:
    low, high = check.window
    pairs: list[Happening] = []
    for each in found:
        begin_s, end_s = each.sim_time_s + low - TICK_S, each.sim_time_s + high
        answer = next((h for h in events if check.followed_by.matches(h) and begin_s <= h.sim_time_s <= end_s
                       and h is not each), None)
        if answer is None:
            lost = over or sure_s > end_s
            return Result(check, "fails" if lost else "open", f"{describe(each)} at {clock(each.sim_time_s)} was not "
                          f"followed by {check.followed_by}", (*pairs, each))
        pairs += [each, answer]
    if not found:
        return Result(check, "fails" if closed else "open", f"could not be judged: there was no {check.which}")
    longest = max(b.sim_time_s - a.sim_time_s for a, b in zip(pairs[::2], pairs[1::2], strict=True))
    return Result(check, "holds" if closed else "open", f"{len(found)} times, after {longest:.1f} s at most",
                  tuple(pairs))


def _in_order(check: Check, events: Sequence[Happening], over: bool) -> Result:
    """Each the first of its kind after the one before."""
    chain: list[Happening] = []
    rest = iter(_between(check, events))
    for which in check.order:
        happening = next((h for h in rest if which.matches(h)), None)
        if happening is None:
            after = f" after {describe(chain[-1])} at {clock(chain[-1].sim_time_s)}" if chain else ""
            return Result(check, "fails" if over else "open", f"no {which}{after}", tuple(chain))
        chain.append(happening)
    return Result(check, "holds", f"{clock(chain[0].sim_time_s)} to {clock(chain[-1].sim_time_s)}", tuple(chain))


def _between(check: Check, events: Sequence[Happening]) -> Iterator[Happening]:
    begin = _first(check.after, events) if isinstance(check.after, Which) else None
    begin_s = begin.sim_time_s if begin else check.after if isinstance(check.after, float) else -math.inf
    if isinstance(check.after, Which) and begin is None:
        return iter(())
    return (h for h in events if h.sim_time_s >= begin_s)


def _first(which: Which, events: Iterable[Happening]) -> Happening | None:
    return next((h for h in events if which.matches(h)), None)
