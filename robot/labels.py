"""Tables of labels: CSV files whose faults are told with file, line and remedy."""
from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

LONGEST_LINE = 10_000  # characters; a label is a sentence at most
DIVIDERS = {";": 'a ";"', "\t": "a tab"}  # of spreadsheets where a comma stands inside numbers


class LabelError(ValueError):
    """The table of labels cannot be used; the message names file, line and remedy."""


def rows(path: Path, columns: Sequence[str]) -> Iterator[tuple[str, dict[str, str]]]:
    """("file:line", row without blanks around its values) of a CSV file that has the columns, a row a line.

    Raises LabelError.
    """
    header: list[str] = []
    for number, line in enumerate(_lines(path, columns), 1):
        where = f"{path}:{number}"
        values = _values(where, line)
        if not any(values):
            continue
        if not header:
            header = _header(where, values, columns)
        elif len(values) > len(header):
            raise LabelError(f"{where}: more values than columns; put a text with a comma in quotes: "
                             '"Help me, please"')
        elif len(values) < len(header):
            raise LabelError(f"{where}: {len(values)} values for {len(header)} columns; write "
                             f"{','.join(header)}, and where a value is empty its comma all the same")
        else:
            row = dict(zip(header, values, strict=True))
            yield where, {name: row[name] for name in columns}
    if not header:
        raise LabelError(f"{path}:1: is empty; line 1 must be {','.join(columns)}")


def _lines(path: Path, columns: Sequence[str]) -> list[str]:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise LabelError(f"{path}: {error.strerror}; give a CSV file with the columns {','.join(columns)}") from None
    try:
        return re.split(r"\r\n|\r|\n", content.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        line = len(re.findall(rb"\r\n|\r|\n", content[:error.start])) + 1
        raise LabelError(f"{path}:{line}: is not UTF-8 text; save it as UTF-8") from None


def _values(where: str, line: str) -> list[str]:
    if "\0" in line:
        raise LabelError(f"{where}: holds a NUL character, which no text does; save it as UTF-8")
    if len(line) > LONGEST_LINE:
        raise LabelError(f"{where}: {len(line):,} characters in one line; {LONGEST_LINE:,} are the most")
    try:
        return [value.strip() for row in csv.reader([line], skipinitialspace=True, strict=True) for value in row]
    except csv.Error:
        raise LabelError(f"{where}: quotes that do not close on this line, or inside a value; write "
                         '"Help me, please" without a line break, and a quote inside it twice') from None


def _header(where: str, names: list[str], columns: Sequence[str]) -> list[str]:
    if missing := [name for name in columns if name not in names]:
        divider = next((name for sign, name in DIVIDERS.items() if any(sign in value for value in names)), "")
        found = f", but {divider} where commas divide" if divider else ""
        raise LabelError(f"{where}: no column {', '.join(missing)}{found}; line 1 must be {','.join(columns)}")
    if twice := [name for name in columns if names.count(name) > 1]:
        raise LabelError(f"{where}: column {', '.join(twice)} twice; leave one")
    return names


def seconds(where: str, name: str, text: str) -> float | None:
    """A time [s], None where nothing stands. Raises LabelError."""
    try:
        return float(text) if text else None
    except ValueError:
        raise LabelError(f"{where}: {name} {text!r} is no number; write seconds, or nothing") from None
