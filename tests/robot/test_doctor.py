"""The doctor reports every fault with its remedy, whatever a check does."""
from __future__ import annotations

import json
import multiprocessing
import os
import signal
import subprocess
import sys
import threading
from importlib.metadata import EntryPoint

import pytest

from robot import doctor
from robot.doctor import Check, Finding
from robot.interrupts import on_interrupt


def fine() -> Finding:
    return Finding("ok", "all is well")


def raises() -> Finding:
    raise RuntimeError("no such camera")


def crashes() -> Finding:
    os.abort()


def hangs() -> Finding:
    threading.Event().wait()
    return fine()


def is_interrupted() -> Finding:
    os.kill(os.getppid(), signal.SIGINT)
    return hangs()


CHECKS = [Check("fine", fine), Check("raises", raises, "buy a camera"), Check("crashes", crashes, "buy memory"),
          Check("hangs", hangs, "wait no longer", timeout_s=5.0)]
LONG = [Check("is interrupted", is_interrupted)]
THESE = [EntryPoint("these", f"{__name__}:CHECKS", "anban.checks")]
LOST = [EntryPoint("lost", "nowhere.checks:CHECKS", "anban.checks")]


@pytest.fixture(scope="module")
def findings() -> dict[str, Finding]:
    return dict(doctor.diagnose(THESE))


def test_a_check_that_is_content_is_ok(findings):
    assert findings["fine"] == Finding("ok", "all is well")


def test_an_exception_is_an_error_with_the_remedy(findings):
    assert findings["raises"] == Finding("error", "RuntimeError: no such camera", "buy a camera")


def test_a_crash_is_an_error_and_the_others_go_on(findings):
    assert (findings["crashes"].level, findings["crashes"].remedy) == ("error", "buy memory")
    assert "crashed" in findings["crashes"].message


def test_a_check_that_hangs_is_given_up(findings):
    assert findings["hangs"] == Finding("error", "no answer within 5 s", "wait no longer")


def test_a_part_that_cannot_be_imported_is_an_error():
    [(name, finding)] = doctor.diagnose(LOST)
    assert (name, finding.level) == ("lost", "error")
    assert "nowhere" in finding.message


def test_ctrl_c_ends_the_check_under_way_and_is_no_finding():
    # A shell that starts the tests in the background has them ignore Ctrl-C.
    with on_interrupt(signal.default_int_handler), pytest.raises(KeyboardInterrupt):
        list(doctor.diagnose([EntryPoint("long", f"{__name__}:LONG", "anban.checks")]))
    assert not multiprocessing.active_children()


@pytest.mark.slow
def test_this_machine_is_examined_and_reported_for_machines():
    result = subprocess.run([sys.executable, "-m", "robot.cli", "doctor", "--json"], capture_output=True, text=True,
                            timeout=280)
    report = json.loads(result.stdout)
    errors = [check for check in report["checks"] if check["level"] == "error"]
    assert not errors
    assert (result.returncode, report["fit"]) == (0, True)
    assert {"ROS 2", "pictures over DDS", "renderer", "pose model", "speech models", "broker", "voice", "disk"} <= {
        check["name"] for check in report["checks"]}
