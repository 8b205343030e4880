"""Scenarios in pytest: `@pytest.mark.scenario("night", seed=1, language="en")` and the fixture `scenario`, its report.

    @pytest.mark.scenario("no_answer", seed=2, noise_db=40)
    def test_silence_is_an_alarm(scenario):
        assert scenario.came_true, scenario.failure
        assert scenario.first("alarm_raised")["room"] == "corridor"

Loaded by every pytest where Anban is installed, so the simulator is imported only when a test asks for it.
"""
from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest


@dataclass(frozen=True)
class ScenarioReport:
    """What became of one run; `folder` holds its report.json, timeline.html, camera.mp4 and logs."""
    folder: Path
    report: dict[str, Any]

    @property
    def came_true(self) -> bool:
        """Whether all checks of the scenario hold."""
        return self.report["came_true"]

    @property
    def failure(self) -> str:
        """What does not hold, or why there was no run; empty if it came true."""
        return self.report["failure"]

    @property
    def figures(self) -> dict[str, Any]:
        return self.report["figures"]

    def all(self, event: str) -> list[dict[str, Any]]:
        """All events of that name, in the order in which they were told."""
        return [e for e in self.report["events"] if e["event"] == event]

    def first(self, event: str) -> dict[str, Any]:
        """The first event of that name. Raises LookupError with what there was."""
        for found in self.all(event):
            return found
        names = sorted({e["event"] for e in self.report["events"]})
        raise LookupError(f"there was no {event!r}, only: {', '.join(names)}; see {self.folder / 'timeline.html'}")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", 'scenario(name, seed=1, language="en", **parameters): the scenario (by name or '
                                       "file) whose report the fixture `scenario` gives")


@pytest.fixture
def scenario(request: pytest.FixtureRequest, tmp_path: Path) -> ScenarioReport:
    """The report of the scenario that the test is marked with, run in fresh processes and a ROS domain of its own."""
    from sim.scenario import Case, find, run_case
    from sim.story import StoryError
    marker = request.node.get_closest_marker("scenario")
    if marker is None or len(marker.args) != 1:
        pytest.fail('mark the test: @pytest.mark.scenario("night", seed=1, language="en")', pytrace=False)
    options = dict(marker.kwargs)
    try:
        case = Case(find(str(marker.args[0])), options.pop("seed", 1), options.pop("language", "en"), options)
        return ScenarioReport(tmp_path, run_case(case, tmp_path))
    except StoryError as error:
        pytest.fail(str(error), pytrace=False)
