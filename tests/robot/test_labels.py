"""A table of labels is read as people write it, and what is doubtful in it is refused with its line."""
from __future__ import annotations

import pytest

from robot.labels import LabelError, rows

COLUMNS = ("clip", "text", "intent")
ROW = {"clip": "a.wav", "text": "Help me, please", "intent": ""}


@pytest.mark.parametrize("table", [
    'clip,text,intent\na.wav,"Help me, please",\n', 'clip, text, intent\na.wav , "Help me, please", \n',
    'clip,text,intent\r\na.wav,"Help me, please",\r\n', '\ufeffintent,id,clip,text\r,1,a.wav,"Help me, please"',
    '\n\nclip,text,intent\n,,\n\na.wav,"Help me, please",\n'])
def test_a_table_is_read_with_blanks_other_columns_and_any_line_ends(tmp_path, table):
    (tmp_path / "t.csv").write_bytes(table.encode())
    assert [row for _, row in rows(tmp_path / "t.csv", COLUMNS)] == [ROW]


@pytest.mark.parametrize("table,told", [
    ("clip,text,intent\na.wav,Stop.,stop\nb.wav,Help me!\n", ":3: 2 values for 3 columns"),
    ("clip,text,intent\na.wav,Help me, please,help\n", ":2: more values than columns"),
    ("clip;text;intent\na.wav;Stop.;stop\n", ':1: no column clip, text, intent, but a ";"'),
    ("clip\ttext\tintent\n", "but a tab"), ("clip,text\n", ":1: no column intent; line 1 must be clip,text,intent"),
    ("clip,text,text,intent\n", "column text twice"), ("", "is empty"),
    ('clip,text,intent\na.wav,"Stop.,stop\nb.wav,"Stop.",stop\n', ":2: quotes that do not close on this line"),
    ("clip,text,intent\na.wav,St\0op.,stop\n", ":2: holds a NUL"),
    (f"clip,text,intent\na.wav,{'x' * 200_000},stop\n", ":2: 200,011 characters in one line"),
    ("clip,text,intent\na.wav,Stop.,stop\nzh.wav,救命,help\n".encode("gbk"), ":3: is not UTF-8 text; save it as UTF-8"),
    ("clip,text,intent\rcafé.wav,,\r".encode("latin-1"), ":2: is not UTF-8 text"),
    ("clip,text,intent\n".encode("utf-16"), ":1: is not UTF-8 text")])
def test_what_is_doubtful_is_refused_with_its_line(tmp_path, table, told):
    path = tmp_path / "t.csv"
    path.write_bytes(table if isinstance(table, bytes) else table.encode())
    with pytest.raises(LabelError) as refused:
        list(rows(path, COLUMNS))
    assert str(refused.value).startswith(str(path)) and told in str(refused.value)
