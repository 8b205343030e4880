"""`anban evaluate speech` counts rightly, bears any recording, and says what it cannot use."""
from __future__ import annotations

import csv
import json
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

import numpy as np
import pytest
import typer
from scipy.io import wavfile
from typer.testing import CliRunner

from dialogue import evaluate_cli, evaluation_run, models, recording
from dialogue.attention import Attention
from dialogue.evaluate_cli import app
from dialogue.evaluation import (
    NOTHING_UNASKED,
    Background,
    FalseAccept,
    Result,
    asked,
    errors,
    false_accepts,
    meaning,
    summary,
    written,
)
from dialogue.evaluation_page import page
from dialogue.evaluation_run import kept_at
from dialogue.intents import ANSWERS
from dialogue.listener import Heard
from dialogue.matching import OF_DOSE
from dialogue.playing import Taken
from dialogue.recognizer import Transcript
from dialogue.understood import Understood
from tests.dialogue import sounds

command = typer.Typer()
command.command()(app)
needs_whisper = pytest.mark.skipif(models.whisper_folder() is None,
                                   reason="no Whisper model: anban models fetch whisper-base")


def test_errors_are_counted_by_words_in_english_and_by_characters_elsewhere():
    assert errors(written("Help me, I can't get up.", "en"), written("help me I cannot get a", "en")) == 1
    assert errors(written("现在是10点。", "zh"), written("现在十点", "zh")) == 1
    assert errors("", "abc") == 3 and errors("abc", "") == 3


def test_the_figures_of_a_small_evaluation():
    results = [Result("a", "help me", "help", "help me", "hurt", True, 0.5, 2.0, 0.2),
               Result("b", "i cannot get up", "help", "", "", False, None, 2.0, 0.2),
               Result("c", "nice weather", "", "nice feather", "", False, None, 2.0, 0.2),
               Result("d", "good evening", "", "", "", error="d: cannot be read")]
    false = [FalseAccept("tv", 3.0, "yes", "yes", False)]
    told = summary(results, "en", frozenset(("help", "hurt")), [Background("tv", 0.0, (), 1800.0, 180.0)], false)
    assert told["error_rate"] == pytest.approx(5 / 8) and told["error_unit"] == "word"
    assert told["intent_accuracy"]["value"] == pytest.approx(1 / 3, abs=1e-4)
    assert told["calls_for_help_heard"]["value"] == 0.5
    assert told["no_commands_taken"]["value"] == 0.0 and told["unreadable"] == 1
    assert told["false_accepts_per_hour"] == 2.0 and told["false_calls_for_help_per_hour"] == 0.0
    assert told["latency_s"]["median"] == 0.5 and told["real_time_factor"] == pytest.approx(180.6 / 1806, abs=1e-3)


def test_an_answer_counts_where_it_was_asked_for():
    def heard(intent, sure=True, **slots):
        return Taken(Heard(Transcript("", 1.0, "en"), Understood(intent, False, 1.0, slots, sure), 0.0, 1.0), 1.5)
    for intent in {*ANSWERS, *OF_DOSE, *NOTHING_UNASKED}:
        assert intent in asked(intent) and meaning([heard(intent, sure=False)], asked(intent)), intent
    assert asked("") == asked("help") == asked("light_on") == ()
    assert all(meaning([heard(intent)]) is None for intent in NOTHING_UNASKED)
    assert all(meaning([heard(intent)]) is None and meaning([heard(intent, dose="1")]) for intent in OF_DOSE)
    assert meaning([heard("taken", sure=False, dose="1")]) is None
    assert meaning([heard("fine"), heard("light_on", sure=False)]).heard.understood.intent == "light_on"


@needs_whisper
def test_who_has_not_fallen_wants_nothing_and_answers_whether_she_needs_help(tmp_path):
    wavfile.write(tmp_path / "not.wav", 16_000, sounds.spoken("I have not fallen.", "en").astype(np.float32))
    for intent in ("", "fine"):
        (tmp_path / "t.csv").write_text(f"clip,text,intent\nnot.wav,I have not fallen.,{intent}\n")
        CliRunner().invoke(command, [str(tmp_path), "--transcripts", str(tmp_path / "t.csv"), "--out",
                                     str(tmp_path)], catch_exceptions=False)
        assert json.loads((tmp_path / "speech.json").read_text())["intent_accuracy"]["value"] == 1.0


def test_the_files_of_the_background_are_one_evening():
    def said(text, at_s, understood):
        return Heard(Transcript(text, 1.0, "en"), understood, at_s, at_s + 2.0)
    talk = tuple(said("Come in, come in.", at_s, Understood("", False, 0.0, talk=0.999)) for at_s in (2.0, 6.0, 10.0))
    doubtful = said("That one caught me on the arm.", 3.0, Understood("hurt", True, 0.7, sure=False, talk=0.2))
    wish = said("Switch on the light.", 8.0, Understood("light_on", False, 1.0))
    film = [Background("a.wav", 0.0, talk, 14.0), Background("b.wav", 120.0, (doubtful, wish), 12.0)]
    assert false_accepts(film, Attention(["name"], 20.0)) == []
    assert [one.intent for one in false_accepts(film[1:], Attention(["name"], 20.0))] == ["hurt"]
    taken = false_accepts(film, Attention([], 20.0))
    assert [(one.file, one.at_s, one.intent, one.call_for_help) for one in taken] == [
        ("b.wav", 123.0, "hurt", True), ("b.wav", 128.0, "light_on", False)]


@pytest.fixture
def speech() -> np.ndarray:
    return sounds.spoken("Help me, I cannot get up.", "en", 130, 50, "en-gb+f2")


def test_recordings_of_any_kind_become_what_the_ears_take(tmp_path, speech):
    files = {"plain": (16_000, (speech * 32767).astype(np.int16)),
             "telephone": (8_000, (speech[::2] * 127 + 128).astype(np.uint8)),
             "studio": (48_000, np.stack([np.repeat(speech, 3)] * 2, 1).astype(np.float32))}
    for name, (rate, samples) in files.items():
        wavfile.write(tmp_path / f"{name}.wav", rate, samples)
        read = recording.read(tmp_path / f"{name}.wav")
        assert read.duration_s == pytest.approx(len(speech) / 16_000, abs=0.02) and not read.notes
        assert recording.speech_rms(read.samples) == pytest.approx(recording.speech_rms(speech), rel=0.1)


def test_what_is_wrong_with_a_recording_is_noted(tmp_path, speech):
    path = tmp_path / "a.wav"
    wavfile.write(path, 16_000, (speech * 32767).astype(np.int16))
    path.write_bytes(path.read_bytes()[:20_000])
    assert "torn" in recording.read(path).notes[0]
    wavfile.write(path, 16_000, np.clip(speech * 50, -1, 1).astype(np.float32))
    assert "clipped" in recording.read(path).notes[0]
    wavfile.write(path, 16_000, np.zeros(8000, np.int16))
    assert "silent" in recording.read(path).notes[0]
    wavfile.write(path, 16_000, (speech / 3000).astype(np.float32))
    assert "very quiet" in recording.read(path).notes[0]


@pytest.mark.parametrize("channels", [(1, -1), (0, 1), (0, 0, 0, 0, 0, 1)])
def test_a_channel_that_the_others_would_silence_is_taken_alone(tmp_path, speech, channels):
    wavfile.write(tmp_path / "a.wav", 16_000, np.stack([speech * share for share in channels], 1).astype(np.float32))
    read = recording.read(tmp_path / "a.wav")
    assert recording.speech_rms(read.samples) == pytest.approx(recording.speech_rms(speech), rel=0.01)
    assert "channel" in read.notes[0]


def test_what_holds_no_sound_cannot_be_read(tmp_path):
    path = tmp_path / "a.wav"
    for content, told in ((b"", "the file is empty"), (b"no sound at all", "cannot be read as sound")):
        path.write_bytes(content)
        with pytest.raises(recording.RecordingError, match=f"a.wav: {told}"):
            recording.read(path)
    wavfile.write(path, 16_000, np.zeros(0, np.int16))
    with pytest.raises(recording.RecordingError, match="a.wav: holds no sound"):
        recording.read(path)


def test_noise_lies_as_far_below_the_speech_as_was_asked(speech):
    noise = recording.noise_under(speech, sounds.pink(20_000), 10.0, np.random.default_rng(0))
    ratio = recording.speech_rms(speech) / np.sqrt(np.mean(noise ** 2))
    assert 20 * np.log10(ratio) == pytest.approx(10.0, abs=0.01)


@pytest.mark.parametrize("table,told", [
    ("clip,text\na.wav,hello", "line 1 must be clip,text,intent"),
    ("clip,text,intent\na.wav,Help me, please,help", "in quotes"),
    ("clip,text,intent\n,hello,", ":2: no clip"), ("clip,text,intent\n", "no clip in it"),
    ("clip,text,intent\na.wav,hello\n", ":2: 2 values for 3 columns"),
    ("clip,text,intent\na.wav,Stop.,stop\nb.wav,救命,help", "in en ('Stop.') and zh ('救命'): choose --language")])
def test_a_table_that_cannot_be_used_is_told_with_its_line(tmp_path, table, told):
    (tmp_path / "t.csv").write_text(table, encoding="utf-8")
    result = CliRunner().invoke(command, [str(tmp_path), "--transcripts", str(tmp_path / "t.csv")])
    assert result.exit_code == 2 and told in result.output


def test_the_page_shows_what_went_wrong_first_and_no_markup_of_the_clips():
    results = [Result("right.wav", "Stop.", "stop", "Stop.", "stop"), Result("torn.wav", "Stop.", "stop", error="torn"),
               Result("<b>.wav", "Help me!", "help", "help <i>you</i>")]
    taken = FalseAccept("tv.wav", 3.2, "Out!", "go_away", False)
    figures = {"language": "en", "engine": "Whisper", "noise_snr_db": 10.0,
               "measured_on": {"cores": 2, "load_before_and_after": [1.0, 9.5]},
               **summary(results, "en", frozenset({"help"}), [Background("tv.wav", 0.0, (), 60.0, 1.0)], [taken])}
    told = page(results, figures, {"<b>.wav": "heard/b.wav"})
    assert told.index("not understood (1)") < told.index("could not be read (1)") < told.index("right (1)")
    assert "<b>" not in told and "<i>you" not in told and 'src="heard/b.wav"' in told
    assert "noise 10 dB below the speech" in told and "load 1 to 9.5" in told and "tv.wav at 3.2 s" in told


def test_a_folder_that_is_none_is_told_at_once(tmp_path):
    (tmp_path / "t.csv").write_text("clip,text,intent\na.wav,Stop.,stop\n")
    result = CliRunner().invoke(command, [str(tmp_path / "none"), "--transcripts", str(tmp_path / "t.csv")])
    assert result.exit_code == 2 and "no such folder" in result.output
    result = CliRunner().invoke(command, [str(tmp_path), "--transcripts", str(tmp_path / "t.csv")])
    assert result.exit_code == 2 and "none lies in" in result.output
    (tmp_path / "a.wav").touch()
    result = CliRunner().invoke(command, [str(tmp_path), "--transcripts", str(tmp_path / "t.csv"), "--out",
                                          str(tmp_path / "t.csv")])
    assert result.exit_code == 2 and "cannot be made a folder" in result.output


@pytest.mark.parametrize("noise,snr,told", [
    ("broken.wav", "10", "broken.wav: cannot be read as sound"), ("noises", "10", "silent.wav: is silent"),
    ("none", "10", "none: no such file or folder"), (".", "nan", "--snr nan: between -30 and 60 dB"),
    (".", "1e9", "--snr 1e+09: between"), (".", "-1000", "--snr -1000: between"), (".", "inf", "--snr inf: between")])
def test_noise_that_would_be_none_is_refused(tmp_path, monkeypatch, noise, snr, told):
    monkeypatch.setattr(evaluate_cli, "_engine", lambda language: "no ears")
    (tmp_path / "t.csv").write_text("clip,text,intent\na.wav,Stop.,stop\n")
    (tmp_path / "broken.wav").write_bytes(b"no sound at all")
    (tmp_path / "noises").mkdir()
    wavfile.write(tmp_path / "noises" / "hum.wav", 16_000, np.full(8000, 99, np.int16))
    wavfile.write(tmp_path / "noises" / "silent.wav", 16_000, np.zeros(8000, np.int16))
    result = CliRunner().invoke(command, [str(tmp_path), "--transcripts", str(tmp_path / "t.csv"), "--noise",
                                          str(tmp_path / noise), f"--snr={snr}"])
    assert result.exit_code == 2 and told in result.output


@pytest.fixture
def evaluated(tmp_path, monkeypatch):
    """Evaluates, in place of ears with what they are told to have heard and what then ends it, into a folder with sound
    of an earlier run."""
    def told(*heard: Result | type[BaseException]):
        for number, one in enumerate(heard):
            if not isinstance(one, Result):
                raise one
            yield number, one

    def run(*heard: Result | type[BaseException]):
        monkeypatch.setattr(evaluate_cli, "run", lambda *_: told(*heard))
        return CliRunner().invoke(command, [
            str(tmp_path), "--transcripts", str(tmp_path / "t.csv"), "--out", str(tmp_path / "out")])

    monkeypatch.setattr(evaluate_cli, "_engine", lambda language: "no ears")
    (tmp_path / "t.csv").write_text("clip,text,intent\na.wav,Stop.,stop\na.wav,Stop.,stop\n")
    (tmp_path / "a.wav").touch()
    (tmp_path / "out" / "heard").mkdir(parents=True)
    (tmp_path / "out" / "heard" / "earlier.wav").touch()
    return run


@pytest.mark.parametrize("end,status,told", [
    (KeyboardInterrupt, 130, "stopped: 1 of 2 were heard"), (BrokenProcessPool, 1, "fewer than --jobs 1?")])
def test_what_was_heard_before_the_end_is_kept(tmp_path, evaluated, end, status, told):
    result = evaluated(Result("a.wav", "Stop.", "stop", "Stop.", "stop"), end)
    assert result.exit_code == status and told in result.output
    figures = json.loads((tmp_path / "out" / "speech.json").read_text())
    assert (figures["heard_before_it_ended"], figures["to_be_heard"], len(figures["clips"])) == (1, 2, 1)
    assert "1 of 2" in (tmp_path / "out" / "index.html").read_text()


def test_where_nothing_was_heard_nothing_is_written(tmp_path, evaluated):
    result = evaluated(KeyboardInterrupt)
    assert result.exit_code == 130 and "nothing is written" in result.output
    assert not (tmp_path / "out" / "speech.json").exists()


def test_a_table_that_was_written_elsewhere_is_taken(tmp_path):
    (tmp_path / "t.csv").write_bytes("\ufeffintent,clip,text,who\r\nHELP,sub\\a.wav,Help me!,lin\r\n".encode())
    assert evaluate_cli.read_transcripts(tmp_path / "t.csv") == [Result("sub\\a.wav", "Help me!", "help")]
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "a.wav").touch()
    assert evaluation_run.clip_at(tmp_path, "sub\\a.wav") == tmp_path / "sub" / "a.wav"


def test_a_name_that_no_file_can_have_is_no_sound(tmp_path):
    with pytest.raises(recording.RecordingError, match="name too long"):
        recording.read(tmp_path / ("a" * 300))


def test_what_was_heard_is_told_also_where_it_cannot_be_written(tmp_path, evaluated):
    (tmp_path / "out" / "speech.json").mkdir()
    result = evaluated(Result("a.wav", "Stop.", "stop", "Top.", ""))
    assert result.exit_code == 1 and "'Top.'" in result.output and "cannot be written to" in result.output


def test_language_engine_and_repeated_clips_are_told_and_sounds_of_an_earlier_run_go(tmp_path, evaluated):
    result = evaluated(Result("a.wav", "Stop.", "stop", "Stop.", "stop"))
    assert "2 clips in en, heard by no ears" in result.output and "a.wav stands there 2 times" in result.output
    assert result.exit_code == 0 and not list((tmp_path / "out" / "heard").iterdir())


def test_sounds_of_clips_with_like_names_lie_apart():
    clips = ("a.wav", "a.mp3", "sub/a.wav", "sub_a.wav", "../a.wav", "救命.wav", "help.wav", "x" * 300)
    places = {kept_at(clip) for clip in clips}
    assert len(places) == len(clips) and all(len(Path(place).parts) == 2 for place in places)


@pytest.mark.slow
@needs_whisper
def test_recordings_are_heard_by_the_robots_own_chain_and_bad_ones_are_named(tmp_path, speech):
    wavfile.write(tmp_path / "help.wav", 48_000, np.repeat(speech, 3).astype(np.float32))
    weather = sounds.spoken("The weather is lovely today.", "en", 130, 50, "en-gb+f2")
    wavfile.write(tmp_path / "weather.wav", 16_000, weather)
    (tmp_path / "broken.wav").write_bytes(b"no sound at all")
    with open(tmp_path / "t.csv", "w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([
            ("clip", "text", "intent"), ("help.wav", "Help me, I cannot get up.", "help"),
            ("weather.wav", "The weather is lovely today.", ""), ("broken.wav", "Stop.", "stop")])
    tv = tmp_path / "tv"
    tv.mkdir()
    clock = sounds.spoken("What time is it?", "en", 130, 50, "en-gb+f2")
    wavfile.write(tv / "tv.wav", 16_000, np.concatenate([speech, np.zeros(32_000), clock, np.zeros(32_000)]))
    result = CliRunner().invoke(command, [
        str(tmp_path), "--transcripts", str(tmp_path / "t.csv"), "--background", str(tv),
        "--out", str(tmp_path / "out")])
    told = json.loads((tmp_path / "out" / "speech.json").read_text(encoding="utf-8"))
    assert result.exit_code == 1 and "broken.wav" in result.output  # one could not be read
    assert [(clip["intent"], clip["expected"]) for clip in told["clips"]] == [("help", "help"), ("", ""), ("", "stop")]
    assert told["intent_accuracy"]["value"] == 1.0 and told["false_accepts_per_hour"] > 0
    # Of a television only the cry for help counts: it does not say the robot's name.
    assert [taken["intent"] for taken in told["background"]["taken"]] == ["help"]
    assert told["meant_for_the_robot"]["background"] == "by its name"
    assert told["latency_s"]["median"] > 0.3 and told["language"] == "en"
    assert "weather.wav" in (tmp_path / "out" / "index.html").read_text(encoding="utf-8")


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_ears_that_do_not_load_are_told_without_a_traceback(tmp_path, capfd, monkeypatch, jobs):
    (tmp_path / "model.bin").write_bytes(b"no model")
    monkeypatch.setenv(models.WHISPER_FOLDER_VARIABLE, str(tmp_path))
    (tmp_path / "a.wav").touch()
    (tmp_path / "t.csv").write_text("clip,text,intent\na.wav,Stop.,stop\n")
    result = CliRunner().invoke(command, [str(tmp_path), "--transcripts", str(tmp_path / "t.csv"), "--jobs", jobs,
                                          "--out", str(tmp_path / "out")])
    assert result.exit_code == 2 and "cannot be loaded" in result.output
    assert "Traceback" not in capfd.readouterr().err
