"""Where the files live that come with Anban, and where it keeps its own.

From a source tree the root is the tree; from an installed wheel or a colcon workspace it is `share/anban`.
"""
from __future__ import annotations

import os
import sys
from pathlib import Path

_TREE = Path(__file__).resolve().parent.parent


def resource_root() -> Path:
    """The folder that holds `config/` and `launch/`. Raises FileNotFoundError for a broken installation."""
    if (_TREE / "config").is_dir():
        return _TREE
    for prefix in (*os.environ.get("AMENT_PREFIX_PATH", "").split(os.pathsep), sys.prefix):
        share = Path(prefix) / "share" / "anban"
        if prefix and (share / "config").is_dir():
            return share
    raise FileNotFoundError("Anban's own files (share/anban/config) are missing: install the package again")


class DataFolderError(OSError):
    """The data folder cannot be made."""


def resource(relative: str) -> Path:
    """Absolute path of a file that comes with Anban, e.g. `resource("config/home.yaml")`.

    Raises FileNotFoundError when there is no such file or folder.
    """
    path = resource_root() / relative
    if not path.exists():
        raise FileNotFoundError(f"Anban has no file {relative!r} (looked in {resource_root()})")
    return path


def data_dir() -> Path:
    """Folder of models, journals and reports: $ANBAN_DATA, or `anban` in the user's data folder; made if missing.

    Raises DataFolderError.
    """
    named = os.environ.get("ANBAN_DATA")
    home = Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share")
    path = Path(named).expanduser() if named else home / "anban"
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DataFolderError(error.errno, error.strerror, str(path)) from None
    return path
