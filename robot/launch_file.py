"""Reads standard ROS 2 launch files (XML and YAML) and works out which processes they ask for.

For machines whose ROS 2 comes from wheels, which lack the `launch` package. The common subset is understood: arg, let,
node, executable, param, remap, env, set_env, unset_env, set_parameter, group, push_ros_namespace, include; the
attributes if and unless; the substitutions var, env, optenv, find-pkg-share and dirname. Anything else raises
LaunchError with file, line and element. No process is started here.
"""
from __future__ import annotations

import json
import os
import re
import shlex
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from xml.parsers import expat

import yaml

from robot.resources import resource_root

MODULES = {("anban", "compose"): "robot.compose"}  # executables of ours that need no installation

_ALLOWED = {  # element: attributes it may have beside if and unless
    "arg": {"name", "default", "value", "description"},
    "let": {"name", "value"},
    "node": {"pkg", "exec", "name", "namespace", "args", "ros_args", "output", "respawn", "respawn_delay", "on_exit"},
    "executable": {"cmd", "name", "output", "respawn", "respawn_delay", "on_exit"},
    "param": {"name", "value", "from", "type", "allow_substs"},
    "remap": {"from", "to"},
    "env": {"name", "value"},
    "set_env": {"name", "value"},
    "unset_env": {"name"},
    "set_parameter": {"name", "value", "type"},
    "group": {"scoped"},
    "push_ros_namespace": {"namespace"},
    "include": {"file"},
}
_ALIASES = {"push_namespace": "push_ros_namespace", "set_environment_variable": "set_env"}


class LaunchError(ValueError):
    """A launch file that cannot be used; the message names file, line and element."""


@dataclass(frozen=True)
class Process:
    """One process to run. `environment` is complete; `shutdown_on_exit` ends the whole launch with it."""
    name: str
    command: list[str]
    environment: dict[str, str]
    respawn: bool = False
    respawn_delay_s: float = 0.0
    shutdown_on_exit: bool = False


@dataclass
class Element:
    """An element of either format."""
    tag: str
    where: str  # file and line, for messages
    attributes: dict[str, Any] = field(default_factory=dict)
    children: list[Element] = field(default_factory=list)


@dataclass
class _Scope:
    """What an element sees. A group and an include work on a copy."""
    directory: Path
    given: Mapping[str, str]  # arguments from outside
    variables: dict[str, str] = field(default_factory=dict)
    environment: dict[str, str] = field(default_factory=dict)
    parameters: list[str] = field(default_factory=list)
    namespace: str = ""

    def copy(self, **changes: Any) -> _Scope:
        return replace(self, variables=dict(self.variables), environment=dict(self.environment),
                       parameters=list(self.parameters), **changes)


def processes(path: str | Path, arguments: Mapping[str, str] | None = None,
              environment: Mapping[str, str] | None = None) -> list[Process]:
    """The processes that the launch file asks for, in its order. Raises LaunchError."""
    path = Path(path)
    scope = _Scope(path.resolve().parent, arguments or {}, environment=dict(environment or os.environ))
    return list(_resolve(read(path), scope))


def declared_arguments(path: str | Path) -> dict[str, tuple[str | None, str]]:
    """Name -> (default or None if required, description) of the arguments declared at the top of the file."""
    return {element.attributes["name"]: (element.attributes.get("default"), element.attributes.get("description", ""))
            for element in read(Path(path)) if element.tag == "arg" and "name" in element.attributes}


# --- the two formats ----------------------------------------------------------------------------------------------
def read(path: Path) -> list[Element]:
    """The elements of a launch file. Raises LaunchError."""
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise LaunchError(f"{path}: cannot be read: {error.strerror}") from error
    if path.suffix == ".xml":
        return _read_xml(text, path)
    if path.suffix in (".yaml", ".yml"):
        return _read_yaml(text, path)
    raise LaunchError(f"{path}: neither .xml nor .yaml; Python launch files need a ROS 2 installation (ros2 launch)")


def _read_xml(text: str, path: Path) -> list[Element]:
    parser, stack = expat.ParserCreate(), [Element("file", str(path))]

    def start(tag: str, attributes: dict[str, str]) -> None:
        element = Element(_tag(tag), f"{path}:{parser.CurrentLineNumber}",
                          {key.replace("-", "_"): value for key, value in attributes.items()})
        stack[-1].children.append(element)
        stack.append(element)

    parser.StartElementHandler = start
    parser.EndElementHandler = lambda tag: stack.pop()
    try:
        parser.Parse(text, True)
    except expat.ExpatError as error:
        raise LaunchError(f"{path}:{error.lineno}: {expat.ErrorString(error.code)}") from error
    root = stack[0].children[0]
    if root.tag != "launch":
        raise LaunchError(f"{root.where}: the outermost element is <{root.tag}>, not <launch>")
    return root.children


def _read_yaml(text: str, path: Path) -> list[Element]:
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError as error:
        raise LaunchError(f"{path}: {error}") from error
    entries = dict((key.value, value) for key, value in root.value) if isinstance(root, yaml.MappingNode) else {}
    if not isinstance(entries.get("launch"), yaml.SequenceNode):
        raise LaunchError(f"{path}: the file must hold a list called launch")

    def where(node: yaml.Node) -> str:
        return f"{path}:{node.start_mark.line + 1}"

    def actions(sequence: yaml.SequenceNode) -> list[Element]:
        for item in sequence.value:
            if not isinstance(item, yaml.MappingNode) or len(item.value) != 1:
                raise LaunchError(f"{where(item)}: expected one action, such as `- node: ...`")
        return [element(item.value[0][0].value, item.value[0][1]) for item in sequence.value]

    def element(tag: str, body: yaml.Node) -> Element:
        made = Element(_tag(tag), where(body))
        if isinstance(body, yaml.SequenceNode):
            made.children = actions(body)
        elif isinstance(body, yaml.MappingNode):
            for key, value in body.value:
                if key.value == "children":
                    made.children += actions(value)
                elif key.value in ("param", "remap", "env", "arg") and isinstance(value, yaml.SequenceNode):
                    made.children += [element(key.value, item) for item in value.value]
                else:
                    made.attributes[key.value.replace("-", "_")] = yaml.SafeLoader("").construct_object(value, True)
        else:
            raise LaunchError(f"{where(body)}: <{tag}> needs a list or named values")
        return made

    return actions(entries["launch"])


def _tag(name: str) -> str:
    name = name.replace("-", "_")
    return _ALIASES.get(name, name)


# --- meaning ------------------------------------------------------------------------------------------------------
def _resolve(elements: list[Element], scope: _Scope) -> Iterator[Process]:
    for element in elements:
        _check(element)
        if not _applies(element, scope):
            continue
        get = _getter(element, scope)
        if element.tag == "arg":
            name = get("name")
            if name not in scope.given and name not in scope.variables and "default" not in element.attributes:
                raise LaunchError(f"{element.where}: the argument {name!r} is required: give {name}:=VALUE")
            scope.variables[name] = scope.given.get(name, scope.variables.get(name, get("default", "")))
        elif element.tag == "let":
            scope.variables[get("name")] = get("value")
        elif element.tag == "set_env":
            scope.environment[get("name")] = get("value")
        elif element.tag == "unset_env":
            scope.environment.pop(get("name"), None)
        elif element.tag == "set_parameter":
            scope.parameters += _parameter(element, scope)
        elif element.tag == "push_ros_namespace":
            scope.namespace = _join(scope.namespace, get("namespace"))
        elif element.tag == "group":
            scoped = _boolean(get("scoped", "true"), element)
            yield from _resolve(element.children, scope.copy() if scoped else scope)
        elif element.tag == "include":
            file = Path(get("file"))
            file = file if file.is_absolute() else scope.directory / file
            passed = {_getter(child, scope)("name"): _getter(child, scope)("value") for child in element.children}
            yield from _resolve(read(file), scope.copy(given={**scope.given, **passed}, directory=file.parent))
        elif element.tag in ("node", "executable"):
            yield _process(element, scope)
        else:
            raise LaunchError(f"{element.where}: <{element.tag}> may not stand here")


def _process(element: Element, scope: _Scope) -> Process:
    get, environment = _getter(element, scope), dict(scope.environment)
    for child in element.children:
        _check(child)
    children = [child for child in element.children if _applies(child, scope)]
    for child in children:
        if child.tag == "env":
            environment[_getter(child, scope)("name")] = _getter(child, scope)("value")
        elif child.tag not in ("param", "remap") or element.tag == "executable":
            raise LaunchError(f"{child.where}: <{child.tag}> may not stand in <{element.tag}>")
    if element.tag == "executable":
        command = shlex.split(get("cmd"))
    else:
        command = _executable(element, get("pkg"), get("exec")) + shlex.split(get("args", ""))
        ros = shlex.split(get("ros_args", "")) + scope.parameters
        if "name" in element.attributes:
            ros += ["-r", f"__node:={get('name')}"]
        namespace = _join(scope.namespace, get("namespace", ""))
        if namespace:
            ros += ["-r", f"__ns:={namespace}"]
        for child in children:
            if child.tag == "param":
                ros += _parameter(child, scope)
            elif child.tag == "remap":
                ros += ["-r", f"{_getter(child, scope)('from')}:={_getter(child, scope)('to')}"]
        command += ["--ros-args", *ros] if ros else []
    on_exit = get("on_exit", "")
    if on_exit not in ("", "shutdown"):
        raise LaunchError(f"{element.where}: on_exit={on_exit!r}: only shutdown is known")
    return Process(get("name", get("exec", "") or Path(command[0]).name), command, environment,
                   _boolean(get("respawn", "false"), element), float(get("respawn_delay", "0")), on_exit == "shutdown")


def _parameter(element: Element, scope: _Scope, prefix: str = "") -> list[str]:
    """A parameter as arguments for --ros-args; nested ones get dotted names."""
    _check(element)
    get = _getter(element, scope)
    if "from" in element.attributes:
        return ["--params-file", get("from")]
    name = prefix + get("name")
    if element.children:
        return [argument for child in element.children for argument in _parameter(child, scope, name + ".")]
    value = element.attributes.get("value")
    if isinstance(value, str):  # as `ros2 launch` does: what looks like a number is one, unless type says otherwise
        value = _substitute(value, scope, element)
        value = value if element.attributes.get("type") == "str" else yaml.safe_load(value)
    return ["-p", f"{name}:={json.dumps('' if value is None else value, ensure_ascii=False)}"]


def _executable(element: Element, package: str, name: str) -> list[str]:
    for prefix in (*os.environ.get("AMENT_PREFIX_PATH", "").split(os.pathsep), sys.prefix):
        path = Path(prefix) / "lib" / package / name
        if prefix and os.access(path, os.X_OK):
            return [str(path)]
    if (package, name) in MODULES:
        return [sys.executable, "-m", MODULES[package, name]]
    raise LaunchError(f"{element.where}: <node>: the package {package!r} has no executable {name!r} on this machine")


def _check(element: Element) -> None:
    if element.tag not in _ALLOWED:
        raise LaunchError(f"{element.where}: <{element.tag}> is not supported without a ROS 2 installation")
    unknown = set(element.attributes) - _ALLOWED[element.tag] - {"if", "unless"}
    if unknown:
        raise LaunchError(f"{element.where}: <{element.tag}> has no attribute {', '.join(sorted(unknown))}")


def _applies(element: Element, scope: _Scope) -> bool:
    get = _getter(element, scope)
    return _boolean(get("if", "true"), element) and not _boolean(get("unless", "false"), element)


def _boolean(text: str, element: Element) -> bool:
    if text.lower() in ("true", "1"):
        return True
    if text.lower() in ("false", "0"):
        return False
    raise LaunchError(f"{element.where}: <{element.tag}>: {text!r} is neither true nor false")


def _getter(element: Element, scope: _Scope):
    def get(name: str, default: str | None = None) -> str:
        if name in element.attributes:
            value = element.attributes[name]
            return _substitute(value if isinstance(value, str) else json.dumps(value), scope, element)
        if default is None:
            raise LaunchError(f"{element.where}: <{element.tag}> needs the attribute {name}")
        return default
    return get


def _join(namespace: str, name: str) -> str:
    return name if name.startswith("/") else f"{namespace}/{name}" if name else namespace


def _substitute(text: str, scope: _Scope, element: Element) -> str:
    """Replace $(...) from the inside out."""
    innermost = re.compile(r"\$\(([^$()]+)\)")
    while match := innermost.search(text):
        kind, _, rest = match.group(1).strip().partition(" ")
        words, value = rest.split(None, 1), None
        if kind == "var" and words:
            value = scope.variables.get(words[0], scope.given.get(words[0]))
        elif kind in ("env", "optenv") and words:
            fallback = words[1] if len(words) > 1 else "" if kind == "optenv" else None
            value = scope.environment.get(words[0], fallback)
        elif kind in ("find-pkg-share", "find_pkg_share") and words:
            value = _share(words[0])
        elif kind == "dirname":
            value = str(scope.directory)
        else:
            raise LaunchError(f"{element.where}: <{element.tag}>: the substitution {match.group()} is not supported")
        if value is None:
            raise LaunchError(f"{element.where}: <{element.tag}>: nothing is known for {match.group()}")
        text = text[:match.start()] + value + text[match.end():]
    return text


def _share(package: str) -> str | None:
    if package == "anban":
        return str(resource_root())
    for prefix in (*os.environ.get("AMENT_PREFIX_PATH", "").split(os.pathsep), sys.prefix):
        if prefix and (Path(prefix) / "share" / package / "package.xml").is_file():
            return str(Path(prefix) / "share" / package)
    return None
