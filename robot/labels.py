"""Tables of labels: CSV files whose faults are told with file, line and remedy."""
from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from pathlib import Path


class LabelError(ValueError):
    """The table of labels cannot be used; the message names file, line and remedy."""


def rows(path: Path, columns: Sequence[str]) -> Iterator[tuple[str, dict[str, str]]]:
    """("file:line", row without blanks around its values) of a CSV file that has the columns. Raises LabelError."""
    try:
        with open(path, encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            missing = [name for name in columns if name not in (reader.fieldnames or [])]
            if missing:
                raise LabelError(f"{path}:1: no column {', '.join(missing)}; line 1 must be {','.join(columns)}")
            for row in reader:
                if None in row:
                    raise LabelError(f"{path}:{reader.line_num}: more values than columns; put a text with a comma in "
                                     'quotes: "Help me, please"')
                yield f"{path}:{reader.line_num}", {name: (row[name] or "").strip() for name in columns}
    except OSError as error:
        raise LabelError(f"{path}: {error.strerror}; give a CSV file with the columns {','.join(columns)}") from None
    except (UnicodeDecodeError, csv.Error):
        raise LabelError(f"{path}: is not UTF-8 text; give a CSV file") from None


def seconds(where: str, name: str, text: str) -> float | None:
    """A time [s], None where nothing stands. Raises LabelError."""
    try:
        return float(text) if text else None
    except ValueError:
        raise LabelError(f"{where}: {name} {text!r} is no number; write seconds, or nothing") from None
