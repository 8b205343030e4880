"""The figures of an evaluation, and the command that makes them."""
import csv
import json

import cv2
import numpy as np
import pytest
import typer
from test_clip import record
from typer.testing import CliRunner

from perception.evaluate_cli import app
from perception.evaluate_postures_cli import app as postures_app
from perception.evaluation import Named, Result, posture_summary, summary, wilson

command = typer.Typer()
command.command()(app)
postures_command = typer.Typer()
postures_command.command()(postures_app)


def test_wilson_is_as_published():
    assert wilson(8, 10) == {"value": 0.8, "low": 0.4902, "high": 0.9433}  # Newcombe 1998's way of computing
    assert wilson(30, 30)["high"] == 1.0 and wilson(30, 30)["low"] == pytest.approx(0.8865, abs=1e-3)
    assert wilson(0, 0) == {"value": None, "low": None, "high": None}


def test_the_figures_of_four_clips():
    figures = summary([
        Result("a", "fall", 2.0, 5.0, (2.5, 4.0), notes=("1.0 s: dark",)), Result("b", "fall", 3.0, 5.0),
        Result("c", "adl", None, 1800.0), Result("d", "adl", None, 1800.0, (10.0, 20.0))], [30.0, 50.0])
    assert {figures[name]["value"] for name in ("sensitivity", "specificity", "precision", "f1")} == {0.5}
    assert figures["delay_s"] == {"median": 0.5, "p95": 0.5}
    assert figures["false_detections_per_hour"] == 2.0 and figures["ms_per_frame"]["median"] == 40.0
    assert figures["clips"][0] == {"clip": "a", "label": "fall", "detected": True, "first_detection_s": 2.5,
                                   "delay_s": 0.5, "notes": ["1.0 s: dark"]}


def table(tmp_path, *lines):
    path = tmp_path / "labels.csv"
    path.write_text("\n".join(lines) + "\n")
    return path


@pytest.mark.parametrize("lines, word", [
    (("clip,label", "a.mp4,fall"), "labels.csv:1: no column start_s, end_s"),
    (("clip,label,start_s,end_s", "a.mp4,tumble,1,2"), "labels.csv:2: label 'tumble'; write fall or adl"),
    (("clip,label,start_s,end_s", "a.mp4,fall,1,soon"), "labels.csv:2: end_s 'soon' is no number"),
    (("clip,label,start_s,end_s",), "no clip")])
def test_a_wrong_table_is_said_with_file_and_line(tmp_path, lines, word):
    result = CliRunner().invoke(command, [str(tmp_path), "--labels", str(table(tmp_path, *lines))])
    assert result.exit_code == 2 and word in result.output


@pytest.mark.slow
def test_clips_are_judged_and_the_mistakes_can_be_looked_at(tmp_path):
    record(tmp_path / "empty.mp4", range(0, 1500, 40), (320, 240))
    (tmp_path / "broken.mp4").write_bytes(b"torn")
    labels = table(tmp_path, "clip,label,start_s,end_s", "empty.mp4,adl,,", "broken.mp4,fall,0.5,1.0")
    out = tmp_path / "out"
    result = CliRunner().invoke(command, [str(tmp_path), "--labels", str(labels), "--out", str(out)])
    assert result.exit_code == 1 and "broken.mp4" in result.output
    figures = json.loads((out / "falls.json").read_text())
    assert figures["specificity"]["value"] == 1.0 and figures["sensitivity"]["value"] == 0.0
    assert (out / "videos" / "empty.mp4").stat().st_size > 1000
    assert "empty.mp4" in (out / "index.html").read_text()


@pytest.mark.slow
def test_a_recorded_fall_is_detected_and_an_everyday_clip_left_alone(tmp_path, shared_data):
    falls = shared_data / "falls"
    with open(falls / "labels.csv") as file:
        rows = [row for row in csv.DictReader(file) if row["clip"] in ("urfd/fall-01.mp4", "urfd/adl-01.mp4")]
    labels = table(tmp_path, "clip,label,start_s,end_s",
                   *(f"{row['clip']},{row['label']},{row['start_s']},{row['end_s']}" for row in rows))
    result = CliRunner().invoke(command, [str(falls), "--labels", str(labels), "--out", str(tmp_path / "out")])
    assert result.exit_code == 0, result.output
    figures = json.loads((tmp_path / "out" / "falls.json").read_text())
    assert [clip["detected"] == (clip["label"] == "fall") for clip in figures["clips"]] == [True, True]


def test_postures_are_counted_by_their_true_name_and_coarse_labels_take_either():
    figures = posture_summary([
        Named("a", 0.0, "lying", "lying_on_floor", 0.95), Named("a", 0.1, "lying", "lying_on_furniture", 0.95),
        Named("a", 0.2, "sitting", "standing", 0.65), Named("a", 0.3, "sitting", "", 0.0)])
    assert figures["postures"]["lying"]["right_of_found"]["value"] == 1.0
    assert figures["postures"]["sitting"]["named"] == {"standing": 1, "nobody": 1}
    assert figures["found"]["value"] == 0.75 and figures["right_of_all"]["value"] == 0.5
    assert figures["calibration_error"] == pytest.approx((2 * 0.05 + 0.65) / 3, abs=1e-4)


@pytest.mark.parametrize("lines, word", [
    (("clip,start_s,end_s,posture", "a.mp4,1,,dancing"), "labels.csv:2: posture 'dancing'"),
    (("clip,start_s,end_s,posture", "a.mp4,2,1,sitting"), "labels.csv:2: ends at 1.0 s, before"),
    (("clip,start_s,end_s,posture",), "no label")])
def test_a_wrong_table_of_postures_is_said_with_file_and_line(tmp_path, lines, word):
    result = CliRunner().invoke(postures_command, [str(tmp_path), "--labels", str(table(tmp_path, *lines))])
    assert result.exit_code == 2 and word in result.output


@pytest.mark.slow
def test_pictures_with_nobody_count_as_not_found(tmp_path):
    record(tmp_path / "empty.mp4", range(0, 1500, 40), (320, 240))
    cv2.imwrite(str(tmp_path / "still.png"), np.full((240, 320, 3), 90, np.uint8))
    labels = table(tmp_path, "clip,start_s,end_s,posture", "empty.mp4,0.2,0.8,standing", "still.png,0,,sitting")
    out = tmp_path / "out"
    result = CliRunner().invoke(postures_command, [str(tmp_path), "--labels", str(labels), "--out", str(out)])
    assert result.exit_code == 0, result.output
    figures = json.loads((out / "postures.json").read_text())
    assert figures["found"]["value"] == 0.0 and figures["postures"]["sitting"]["pictures"] == 1
    assert "named nobody" in (out / "postures.html").read_text()
