"""The page of `anban evaluate speech`: what went wrong, to be read and listened to, then the rest; also on a phone."""
from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

from dialogue.evaluation import Result
from robot.measures import shown


def rates(figures: Mapping) -> list[tuple[str, str]]:
    """The figures by their names, for people to read."""
    latency, unit = figures["latency_s"], figures["error_unit"]
    part = [("heard before it ended", f"{figures['heard_before_it_ended']} of {figures['to_be_heard']}")
            ] if "to_be_heard" in figures else []
    found = [*part, (f"{unit} error rate", figures["error_rate"]), ("sound error rate", figures["sound_error_rate"]),
             ("intent accuracy", shown(figures["intent_accuracy"])),
             ("calls for help heard", shown(figures["calls_for_help_heard"])),
             ("no commands, yet taken", shown(figures["no_commands_taken"])),
             ("false accepts an hour", figures["false_accepts_per_hour"]),
             ("false calls for help an hour", figures["false_calls_for_help_per_hour"]),
             ("end of speech to intent", f"median {latency['median']:.2f} s, p95 {latency['p95']:.2f} s"
              if latency["median"] is not None else None),
             ("real-time factor", figures["real_time_factor"])]
    return [(name, "-" if value is None else str(value)) for name, value in found]


def mistakes(results: Sequence[Result]) -> dict[str, list[Result]]:
    """The clips that went wrong, by how."""
    wrong = [result for result in results if not result.right and not result.error]
    return {"not understood": [r for r in wrong if not r.intent],
            "taken for something else": [r for r in wrong if r.intent and r.expected],
            "taken though nothing was wanted": [r for r in wrong if not r.expected]}


def page(results: Sequence[Result], figures: Mapping, sound_of: Mapping[str, str]) -> str:
    """The page as HTML. `sound_of`: where the sound of a clip lies, as it was heard, seen from the page."""
    groups = {**mistakes(results), "could not be read": [r for r in results if r.error],
              "right": [r for r in results if r.right]}
    noise = figures["noise_snr_db"]
    where = figures["measured_on"]
    told = (f"{escape(figures['language'])}, by {escape(figures['engine'])}, "
            f"{'no noise added' if noise is None else f'noise {noise:g} dB below the speech'}; {where['cores']} cores, "
            f"load {' to '.join(f'{load:g}' for load in where['load_before_and_after'])}")
    head = "".join(f"<tr><th>{name}</th><td>{value}</td></tr>" for name, value in rates(figures))
    body = "".join(f"<details {'' if title == 'right' else 'open'}><summary>{title} ({len(group)})</summary>"
                   f"{''.join(_clip(one, sound_of.get(one.clip, '')) for one in group)}</details>"
                   for title, group in groups.items() if group)
    return _PAGE.format(count=len(results), told=told, head=head, body=_background(figures) + body)


def _background(figures: Mapping) -> str:
    """What was taken of talk that was not meant for the robot."""
    taken = figures["background"]["taken"]
    lines = "".join(f"<li>{escape(one['intent'])}: “{escape(one['heard'])}”, {escape(one['file'])} at "
                    f"{one['at_s']:g} s</li>" for one in taken)
    return f"<details open><summary>taken of the background ({len(taken)})</summary><ul>{lines}</ul></details>" \
        if taken else ""


def _clip(result: Result, sound: str) -> str:
    player = f'<audio controls preload="none" aria-label="{escape(result.clip)}" src="{escape(sound)}"></audio>' \
        if sound and not result.right else ""
    lines = (("said", result.text), ("heard", result.heard), ("meant", result.expected), ("taken for", result.intent),
             ("note", " ".join((*result.notes, result.error)).strip()))
    told = "".join(f"<dt>{name}</dt><dd>{escape(value) or '–'}</dd>" for name, value in lines
                   if value or name != "note")
    return f"<article><h3>{escape(result.clip)}</h3>{player}<dl>{told}</dl></article>"


_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Speech in {count} clips</title>
<style>
:root {{ color-scheme: light dark; --line: light-dark(#ccc, #555) }}
body {{ font: 1.05rem/1.45 system-ui, sans-serif; max-width: 60rem; margin: 0 auto; padding: 1rem 1rem 4rem }}
table {{ border-collapse: collapse }} tr {{ border-bottom: 1px solid var(--line) }}
th, td {{ text-align: left; font-weight: normal; vertical-align: top; padding: .3rem 1.5rem .3rem 0 }}
summary {{ font-size: 1.3rem; font-weight: 600; padding: 1rem 0 }}
article {{ border-bottom: 1px solid var(--line); padding: .6rem 0 }} h3 {{ margin: 0 0 .3rem; font-size: 1.05rem }}
audio {{ width: 100%; max-width: 22rem }} h3, dd, li {{ overflow-wrap: anywhere }}
dl {{ display: grid; grid-template-columns: 5rem 1fr; margin: .2rem 0 }} dd {{ margin: 0 }}
</style></head><body><h1>Speech in {count} clips</h1><p>{told}.</p><table>{head}</table>
<p>In brackets 95 % intervals after Wilson. Below, what was said and heard of each clip, which intent was meant, and for
which it was taken (– for none).</p>
{body}</body></html>
"""
