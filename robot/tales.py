"""Stories and exercises that the robot can tell: config/tales/<language>.yaml."""
from __future__ import annotations

from functools import cache
from typing import NamedTuple

import yaml

from robot.resources import resource


class Tales(NamedTuple):
    """Each story and each round of exercises in the parts in which it is told."""
    stories: list[list[str]]
    exercises: list[list[str]]


@cache
def tales(language: str) -> Tales:
    """Those of a language."""
    return Tales(**yaml.safe_load(resource(f"config/tales/{language}.yaml").read_text(encoding="utf-8")))
