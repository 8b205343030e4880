"""The report of a run as one self-contained HTML page: the checks, the events on a line of time, the figures."""
from __future__ import annotations

from html import escape
from typing import Any

from sim.events import EVENTS
from sim.must import Happening, clock, describe

LANES = {"world": "the resident", "robot": "the robot", "platform": "the caregivers", "page": "the page"}
COLORS = {"world": "#b45309", "robot": "#1d4ed8", "platform": "#047857", "page": "#7c3aed"}
SIGN = {"holds": "✓", "fails": "✗", "open": "…"}
PLOT_PX, LANE_PX, LEFT_PX = 1000, 34, 130
QUIET = ("clock", "awake", "started", "picture")  # no part of what happened

STYLE = """
body{font:15px/1.45 system-ui,sans-serif;margin:2rem auto;max-width:72rem;padding:0 1rem;color:#1f2937}
h1 small{font-weight:400;color:#6b7280}.holds{color:#047857}.fails{color:#b91c1c}.open{color:#b45309}
table{border-collapse:collapse;width:100%;margin:.5rem 0 2rem}td{border-top:1px solid #e5e7eb;padding:.3rem .6rem;
vertical-align:top}td:first-child{white-space:nowrap}td.t{font-variant-numeric:tabular-nums;text-align:right}
svg text{font:12px system-ui,sans-serif;fill:#4b5563}video,img{max-width:48%;border-radius:6px;vertical-align:top}
.because{color:#6b7280}tr.fault td{color:#b91c1c}
"""


def page(report: dict[str, Any]) -> str:
    """The whole page. Pictures and video lie beside it in the run's folder."""
    events = [Happening(e["event"], e["sim_time_s"], e["wall_time_s"], {
        k: v for k, v in e.items() if k not in ("event", "sim_time_s", "wall_time_s")}) for e in report["events"]]
    events = sorted((h for h in events if h.event not in QUIET), key=lambda h: h.sim_time_s)
    verdict, state = ("came true", "holds") if report["came_true"] else ("did not come true", "fails")
    title = f"{report['story']}, seed {report['seed']}, {report['language']}"
    figures = {name: value for name, value in report["figures"].items() if name != "programs"}
    programs = report["figures"].get("programs", {})
    return f"""<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{escape(title)}</title>
<style>{STYLE}</style>
<h1>{escape(report['story'])} <small>seed {report['seed']}, {escape(report['language'])}</small>
<span class="{state}">{verdict}</span></h1>
<p>{escape(report['about'])}</p>
<h2>What must be true</h2><table>{''.join(map(_check, report['checks']))}</table>
<h2>What happened</h2>{_line_of_time(events)}
<p><video src="camera.mp4" controls muted></video> <img src="snapshot.jpg" alt="" onerror="this.remove()"></p>
<table>{''.join(map(_event, events))}</table>
<h2>Figures</h2><table>{''.join(f'<tr><td>{escape(k)}</td><td>{escape(str(v))}</td></tr>' for k, v in figures.items())}
{''.join(f'<tr><td>{escape(k)}</td><td>{v["memory_mib"]} MiB, {v["cpu_s"]} s of processor</td></tr>'
         for k, v in programs.items())}</table>
</html>
"""


def _check(check: dict[str, Any]) -> str:
    because = f' <span class="because">({escape(check["because"])})</span>' if check["because"] else ""
    return (f'<tr class="{check["state"]}"><td>{SIGN[check["state"]]} {check["state"]}</td>'
            f'<td>{escape(check["check"])}{because}</td><td>{escape(check["why"])}</td></tr>')


def _event(happening: Happening) -> str:
    kind = EVENTS.get(happening.event)
    fault = ' class="fault"' if happening.event == "fault" else ""
    return (f'<tr{fault}><td class="t">{clock(happening.sim_time_s)}</td><td>{LANES[kind.teller] if kind else ""}</td>'
            f'<td title="{escape(kind.meaning) if kind else ""}">{escape(describe(happening))}</td></tr>')


def _line_of_time(events: list[Happening]) -> str:
    """Dots on lanes, one lane for each who tells; the pointer over a dot shows its event."""
    if not events:
        return "<p>Nothing.</p>"
    first_s, last_s = min(0.0, events[0].sim_time_s), max(h.sim_time_s for h in events)
    lanes = [teller for teller in LANES if any(h.event in EVENTS and EVENTS[h.event].teller == teller for h in events)]
    scale = PLOT_PX / max(last_s - first_s, 1.0)

    def x(time_s: float) -> float:
        return round(LEFT_PX + (time_s - first_s) * scale, 1)

    height = LANE_PX * len(lanes) + 26
    parts = [f'<svg viewBox="0 0 {LEFT_PX + PLOT_PX + 12} {height}" role="img" aria-label="events on a line of time">']
    step_s = next((step for step in (5, 10, 30, 60, 120, 600, 1800) if (last_s - first_s) / step <= 16), 3600)
    for tick in range(0, int(last_s) + 1, step_s):
        parts.append(f'<line x1="{x(tick)}" x2="{x(tick)}" y1="0" y2="{height - 20}" stroke="#e5e7eb"/>'
                     f'<text x="{x(tick)}" y="{height - 5}" text-anchor="middle">{clock(tick)[:5]}</text>')
    for row, teller in enumerate(lanes):
        y = LANE_PX * row + LANE_PX / 2
        parts.append(f'<text x="0" y="{y + 4}">{LANES[teller]}</text>'
                     f'<line x1="{LEFT_PX}" x2="{LEFT_PX + PLOT_PX}" y1="{y}" y2="{y}" stroke="#d1d5db"/>')
        for happening in events:
            if happening.event in EVENTS and EVENTS[happening.event].teller == teller:
                color = "#b91c1c" if happening.event in ("impact", "fault", "alarm_raised") else COLORS[teller]
                tip = escape(f"{clock(happening.sim_time_s)} {describe(happening)}")
                parts.append(f'<circle cx="{x(happening.sim_time_s)}" cy="{y}" r="5" fill="{color}" fill-opacity=".75">'
                             f'<title>{tip}</title></circle>')
    return "".join(parts) + "</svg>"
