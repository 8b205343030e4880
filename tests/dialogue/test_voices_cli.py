"""`anban voices`: a page that needs nothing else, honest counts, and errors that say what to do."""
from __future__ import annotations

import base64
import io
import json
import re
import subprocess
import sys
import wave

import av
import numpy as np
import pytest
from typer.testing import CliRunner

from dialogue import voice_samples, voices_cli
from dialogue.models import whisper_folder
from dialogue.recognizer import Transcript
from dialogue.sound import Sound
from dialogue.voice_check import Heard, heard, sounds
from dialogue.voice_line import CannotSay, VoiceLine
from dialogue.voice_page import page
from dialogue.voice_samples import Sample, Spoken
from dialogue.voices_cli import app
from robot.voices import Choice

SENTENCES = 'en: ["Good evening, Mrs. Lin.", "Take 2.5 mg. Sleep well."]\nzh: {care: ["您好。"]}\n'


@pytest.fixture
def sentences(tmp_path):
    path = tmp_path / "sentences.yaml"
    path.write_text(SENTENCES, encoding="utf-8")
    return path


def run(*arguments):
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def test_something_is_said_into_a_file(tmp_path):
    out = tmp_path / "new" / "speech.wav"
    result = run("say", "该吃药了：2.5 mg。", "--out", out, "--pitch", "0.9")
    assert result.exit_code == 0, result.output
    with wave.open(str(out)) as file:
        assert file.getnframes() / file.getframerate() > 1.0


def test_a_long_text_is_said_sentence_by_sentence(tmp_path):
    out = tmp_path / "speech.wav"
    result = run("say", "Good evening, it is late. " * 40, "--out", out)
    assert result.exit_code == 0, result.output
    with wave.open(str(out)) as file:
        samples, rate_hz = np.frombuffer(file.readframes(file.getnframes()), "<i2"), file.getframerate()
    assert np.count_nonzero(np.diff(np.flatnonzero(samples)) > 0.3 * rate_hz) == 39  # silences between the sentences


@pytest.mark.parametrize("command", ["voices_cli", "talk_cli"])
def test_help_does_not_wait_for_what_only_sound_needs(command):
    loaded = f"import sys, dialogue.{command}; sys.exit('scipy.signal' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", loaded]).returncode == 0


@pytest.mark.parametrize(("arguments", "told"), [
    (("say", "Hello", "--voice", "joe"), "there are espeak, kokoro"),
    (("say", "👍", "--language", "en"), "nothing to be said"),
    (("say", "Hi", "--language", "xx"), "one of en, zh, ja, ko"), (("say", "Hi", "--out", "v.mp3"), "name it v.wav"),
    (("say", "and then " * 5000, "--language", "en", "--out", "x.wav"), "end sentences with"),
    (("samples", "--out", "x", "--voice", "piper", "--language", "ja"), "no voice 'piper' speaks 'ja'"),
    (("samples", "--out", "x", "--language", "fr"), "there are some in en, zh, ja")])
def test_what_cannot_be_is_told_with_what_there_is(arguments, told):
    result = run(*arguments)
    assert result.exit_code == 2 and told in result.output


@pytest.mark.parametrize(("written", "told"), [
    ("en: []", "there is nothing to be said"), ('en: [" "]', "is nothing to be said"), ("en: [3]", "3 is nothing"),
    ('xx: ["hello"]', "write one of en, zh, ja, ko"), ("en: [", "cannot be read as sentences"),
    ("en: [hé]", "cannot be read as sentences")])
def test_sentences_that_are_none_are_told_before_anything_is_made(tmp_path, written, told):
    (tmp_path / "sentences.yaml").write_text(written, encoding="latin-1")
    result = run("samples", "--out", tmp_path, "--sentences", tmp_path / "sentences.yaml")
    assert result.exit_code == 2 and told in result.output


def test_a_folder_that_cannot_be_one_is_told_before_anything_is_made(tmp_path, sentences):
    result = run("samples", "--out", sentences, "--sentences", sentences)
    assert result.exit_code == 2 and "cannot be made a folder" in result.output


def test_a_page_that_cannot_be_written_is_told_after_the_figures(tmp_path, sentences, monkeypatch):
    said = (Sample("Good evening.", Sound(np.zeros(24_000, np.int16), 24_000), None),)
    monkeypatch.setattr(voices_cli, "spoken", lambda _, language, *__: Spoken("espeak", language, said, 0.5, 0.0))
    (tmp_path / "voices.html").mkdir()
    result = run("samples", "--out", tmp_path, "--voice", "espeak", "--sentences", sentences)
    assert result.exit_code == 1 and "espeak zh: 0.5" in result.output and "cannot be written to" in result.output


def test_the_page_has_a_player_for_each_sentence_in_each_voice(tmp_path, sentences):
    result = run("samples", "--out", tmp_path / "page", "--voice", "espeak", "--sentences", sentences)
    assert result.exit_code == 0, result.output
    written = (tmp_path / "page" / "voices.html").read_text("utf-8")
    players = re.findall(r'src="data:audio/mpeg;base64,([^"]+)"', written)
    assert len(players) == 3 and written.count("<table>") == 2 and "http" not in written
    with av.open(io.BytesIO(base64.b64decode(players[1]))) as sound:
        assert 1.0 < sum(frame.samples / frame.rate for frame in sound.decode(audio=0)) < 6.0
    figures = json.loads((tmp_path / "page" / "voices.json").read_text("utf-8"))
    assert [(one["voice"], one["language"], one["texts"]) for one in figures] == [
        ("espeak", "en", 2), ("espeak", "zh", 1)]
    assert figures[0]["understood_whole"] is None


def test_what_a_voice_cannot_say_the_standing_voice_says_and_the_others_go_on(monkeypatch):
    class Narrow(VoiceLine):
        """espeak-ng, and in kokoro's place a voice that knows no Chinese."""
        def __init__(self, engine, languages):
            super().__init__("espeak", languages)
            self.narrow = engine == "kokoro"

        def make(self, text, *how):
            if self.narrow and "药" in text:
                raise CannotSay("no Chinese")
            return super().make(text, *how)

    monkeypatch.setattr(voice_samples, "VoiceLine", Narrow)
    texts = ["Good evening.", "Your 药 is due.", "Good night."]
    said = voice_samples.spoken(Choice("kokoro", ""), "en", texts)
    assert said.otherwise == (texts[1],) and said.figures["said_by_the_standing_voice"] == [texts[1]]
    assert [sample.text for sample in said.samples] == texts
    assert all(sample.sound.duration_s > 0.3 for sample in said.samples)


def test_the_page_tells_what_was_heard_of_each_voice_and_how_much_of_it_is_wrong():
    sound = Sound(np.zeros(24_000, np.int16), 24_000)
    told = page([Spoken(voice, "en", (Sample("Take 1/2 <tablet>.", sound, Heard("", heard, wrong, 20)),), 0.5, 0.0)
                 for voice, heard, wrong in (("espeak", "", 20), ("kokoro/af_heart", "Take half a <tablet>.", 1))])
    assert "✗ 0.0%" in told and "✓ 95.0%" in told and "0 of 1" in told
    assert "20 of 20 wrong" in told and "nothing" in told and "Take half a &lt;tablet&gt;." in told
    assert 'aria-label="kokoro/af_heart: Take 1/2 &lt;tablet&gt;."' in told


@pytest.mark.slow
@pytest.mark.skipif(whisper_folder() is None, reason="no Whisper model: anban models fetch whisper-base")
def test_a_recogniser_judges(tmp_path, sentences):
    result = run("samples", "--out", tmp_path, "--voice", "espeak", "--language", "en", "--sentences", sentences,
                 "--check")
    assert result.exit_code == 0, result.output
    figures, = json.loads((tmp_path / "voices.json").read_text("utf-8"))
    assert figures["sound_error_rate"] < 0.5 and 'class="' in (tmp_path / "voices.html").read_text("utf-8")


# --- counting ---------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(("said", "written", "language"), [
    ("Mrs. Lin, it is 3 o'clock.", "Mrs. Lynn, it's three o'clock", "en"),
    ("128 over 76", "one hundred twenty eight over seventy six", "en"),
    ("您的高压128", "你的高壓一百二十八", "zh"),
    ("今日は3時です。", "きょうはさんじです", "ja"), ("王先生", "おうせんせい", "ja")])
def test_a_spelling_is_no_error(said, written, language):
    assert sounds(said, language) == sounds(written, language)


@pytest.mark.parametrize(("said", "other", "language"), [
    ("fifteen", "fifty", "en"), ("吃药", "吃饭", "zh"), ("四点", "十点", "zh"), ("二錠", "三錠", "ja"),
    ("飲みました", "飲みません", "ja")])
def test_another_word_is_one(said, other, language):
    assert sounds(said, language) != sounds(other, language)


def test_errors_are_counted_over_all_sentences_of_a_text():
    class Deaf:
        """Hears one sentence right and the other not at all."""
        def __init__(self):
            self.told = ["take it", ""]

        def begin(self):
            """Nothing to forget."""

        def accept(self, samples):
            assert samples.dtype == np.int16 and len(samples) == 16_000

        def finish(self):
            return Transcript(self.told.pop(0), 1.0, "en")
    silence = Sound(np.ones(24_000, np.int16), 24_000)
    found = heard("Take it. Sleep well.", "en", {"Take it.": silence, "Sleep well.": silence}, Deaf())
    assert (found.wrong, found.sounds, found.whole) == (2, 4, False)
