"""The four rules that keep Anban simple (docs/architecture.md), held against the sources themselves."""
from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("robot", "perception", "dialogue", "behaviors", "sim", "care")
MAY_IMPORT = {"robot": set(), **{package: {"robot"} for package in PACKAGES if package != "robot"}}
ROS = {"rclpy", "rcl_interfaces", "lifecycle_msgs"}
ROS_PLUMBING = {"robot/ros.py"}
CORES = ("perception", "dialogue", "behaviors")  # what decides; time comes in as an argument
CLOCKS = {"time.time", "time.monotonic", "time.perf_counter", "time.sleep", "time.time_ns", "time.monotonic_ns",
          "datetime.now", "datetime.utcnow", "datetime.today", "date.today"}


def sources(*packages: str) -> list[Path]:
    return sorted(path for package in packages for path in (ROOT / package).rglob("*.py"))


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def imports(path: Path) -> Iterator[tuple[int, str]]:
    """Line and full module name of every import, also those inside functions; relative ones are resolved."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            parents = path.relative_to(ROOT).parts[:-node.level] if node.level else ()
            yield node.lineno, ".".join([*parents, *([node.module] if node.module else [])])


def calls(path: Path) -> Iterator[tuple[int, str]]:
    """Line and dotted name of every call whose target is a plain name or attribute."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            yield node.lineno, ast.unparse(node.func)


def is_node(path: Path) -> bool:
    return path.stem.endswith("_node") or name(path) in ROS_PLUMBING


@pytest.mark.parametrize("package", PACKAGES)
def test_parts_see_one_another_only_through_the_ground_floor(package):
    wrong = [f"{name(path)}:{line} imports {module}" for path in sources(package) for line, module in imports(path)
             if (top := module.split(".")[0]) in PACKAGES and top != package and top not in MAY_IMPORT[package]]
    assert not wrong, f"{package} may import {sorted(MAY_IMPORT[package]) or 'none of the other parts'}"


def test_only_nodes_touch_ros():
    wrong = [f"{name(path)}:{line} imports {module}" for path in sources(*PACKAGES) if not is_node(path)
             for line, module in imports(path) if module.split(".")[0] in ROS]
    assert not wrong, "move it into a *_node.py, or let the core take values instead"


def test_the_caregivers_side_knows_nothing_of_ros():
    messages = {path.name for path in (ROOT / "interfaces").iterdir()} | ROS
    wrong = [f"{name(path)}:{line} imports {module}" for path in sources("care") for line, module in imports(path)
             if module.split(".")[0] in messages or module.split(".")[0].endswith("_msgs")]
    assert not wrong


def test_decisions_take_the_time_as_an_argument():
    # Nodes and commands of the terminal are edges of the machine.
    edges = [path for path in sources(*CORES) if is_node(path) or path.stem.endswith("_cli")]
    wrong = [f"{name(path)}:{line} calls {call}()" for path in set(sources(*CORES)) - set(edges)
             for line, call in calls(path) if any(call == clock or call.endswith("." + clock) for clock in CLOCKS)]
    assert not wrong, "use the node's ROS clock and hand the seconds in: only then can a core be replayed"


def test_no_error_is_swallowed():
    wrong = [f"{name(path)}:{node.lineno}" for path in sources(*PACKAGES)
             for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
             if isinstance(node, ast.ExceptHandler) and (
                 node.type is None or (ast.unparse(node.type) in ("Exception", "BaseException")
                                       and all(isinstance(part, ast.Pass) for part in node.body)))]
    assert not wrong, "catch what can be handled, and say what happened"


def test_every_module_says_what_it_is_for():
    wrong = [name(path) for path in sources(*PACKAGES) if path.read_text(encoding="utf-8").strip()
             and not ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))]
    assert not wrong, "two lines at the top of the file"
