"""Scenarios as files: found by name, read with their site, varied by parameters, run as cases in fresh processes."""
from __future__ import annotations

import itertools
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from robot import lifeline
from robot.resources import resource
from robot.site import Site, load_site
from robot.site_source import suggest
from sim.story import Story, StoryError, load_story

LIBRARY = "config/scenarios"


@cache
def _site(path: Path) -> Site:
    return load_site(path)


def library() -> list[Path]:
    """The scenarios that come with Anban."""
    return sorted(resource(LIBRARY).glob("*.yaml"))


def find(name: str) -> Path:
    """A scenario by path, or by its name in the library. Raises StoryError."""
    path = Path(name)
    if path.suffix in (".yaml", ".yml"):
        return path.resolve()
    names = [known.stem for known in library()]
    if name not in names:
        raise StoryError(f"no scenario {name!r}{suggest(name, names, 'there are')}; or give the path of a .yaml file")
    return resource(f"{LIBRARY}/{name}.yaml")


def load_scenario(path: Path) -> tuple[Story, Path]:
    """A scenario, checked against the site that it names, and that site's file. Raises StoryError."""
    site_path = resource(Story.model_fields["site"].default)
    try:
        named = yaml.safe_load(path.read_text(encoding="utf-8")).get("site")
    except (OSError, UnicodeDecodeError, AttributeError, yaml.YAMLError):
        named = None  # load_story says what is wrong with the file
    if named:
        beside = path.parent / str(named)
        try:
            site_path = beside if beside.is_file() else resource(str(named))
        except FileNotFoundError:
            raise StoryError(f"{path}: site: no file {named!r} beside the scenario or among Anban's own; the one flat "
                             "that comes with it is config/home.yaml") from None
    return load_story(path, _site(site_path)), site_path


# --- parameters -------------------------------------------------------------------------------------------------------
def sweep(parameters: Iterable[str]) -> list[dict[str, Any]]:
    """`["noise_db=30,40", "robot.battery=0.2,0.9"]`: every combination of the values, as path -> value."""
    axes = []
    for parameter in parameters:
        path, equals, values = parameter.partition("=")
        if not (path and equals and values):
            raise StoryError(f"--param {parameter!r}: write path=value,value, e.g. noise_db=30,40 or "
                             "script.fall.kind=sideways,trip_forward")
        axes.append([(path, yaml.safe_load(value)) for value in values.split(",")])
    return [dict(combination) for combination in itertools.product(*axes)]


def varied(tree: dict[str, Any], parameters: dict[str, Any]) -> dict[str, Any]:
    """A scenario's plain data with values set; members of lists are named by their `id` or number (from 1)."""
    tree = json.loads(json.dumps(tree, default=str))
    for path, value in parameters.items():
        *parents, last = path.split(".")
        node: Any = tree
        for key in parents:
            node = node[_index(node, key, path)] if isinstance(node, list) else node.setdefault(key, {})
        if isinstance(node, list):
            node[_index(node, last, path)] = value
        else:
            node[last] = value
    return tree


def _index(members: Sequence[Any], key: str, path: str) -> int:
    names = [str(m.get("id", n)) if isinstance(m, dict) else str(n) for n, m in enumerate(members, 1)]
    if key in names:
        return names.index(key)
    if key.isdigit() and 1 <= int(key) <= len(members):
        return int(key) - 1
    raise StoryError(f"--param {path}: no {key!r} there{suggest(key, names, 'there are')}")


# --- cases ------------------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Case:
    """One run to be made: a scenario file, a seed, a language and what is varied."""
    path: Path
    seed: int = 1
    language: str = "en"
    parameters: dict[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """As a folder's name: night-en-seed1, or night-en-seed1-noise_db=40."""
        return "-".join([self.path.stem, self.language, f"seed{self.seed}",
                         *(f"{path}={value}" for path, value in self.parameters.items())]).replace("/", "_")


def written(case: Case, folder: Path) -> Path:
    """The scenario of a case: its own file, or one in the folder with the parameters set. Raises StoryError."""
    path = case.path
    load_scenario(path)  # its own mistakes, with its own lines
    if case.parameters:
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / case.path.name
        tree = varied(yaml.safe_load(case.path.read_text(encoding="utf-8")), case.parameters)
        path.write_text(yaml.safe_dump(tree, allow_unicode=True, sort_keys=False), encoding="utf-8")
        load_scenario(path)
    return path


def run_case(case: Case, folder: Path, on_progress: Callable[[float, str], None] = lambda sim_time_s, words: None,
             on_start: Callable[[subprocess.Popen], None] = lambda process: None) -> dict[str, Any]:
    """Run it in fresh processes and a ROS domain of its own; everything lands in the folder. Returns the report."""
    folder.mkdir(parents=True, exist_ok=True)
    scenario = written(case, folder)
    (folder / "report.json").unlink(missing_ok=True)
    environment = {name: value for name, value in os.environ.items() if name != "ROS_DOMAIN_ID"} | lifeline.hold()
    with open(folder / "run.log", "w", encoding="utf-8") as log, subprocess.Popen(
            [sys.executable, "-m", "sim.run", str(scenario), "--folder", str(folder), "--seed", str(case.seed),
             "--language", case.language], stdout=subprocess.PIPE, stderr=log, text=True, env=environment,
            start_new_session=True) as process:
        on_start(process)
        for line in process.stdout:
            on_progress(*json.loads(line))
    try:
        return json.loads((folder / "report.json").read_text(encoding="utf-8"))
    except FileNotFoundError:
        end = "\n".join((folder / "run.log").read_text(encoding="utf-8").splitlines()[-8:])
        return {"story": case.path.stem, "seed": case.seed, "language": case.language, "came_true": False, "checks": [],
                "figures": {}, "events": [], "failure": f"the run ended with status {process.returncode}: {end}"}
