"""The small parts of the dialogue: microphone, question, turns, worker, espeak text, loudness, models, speaker."""
from __future__ import annotations

import asyncio
import hashlib
import http.server
import io
import json
import subprocess
import sys
import threading
import zipfile

import numpy as np
import pytest
from typer.testing import CliRunner

from dialogue import models, models_cli
from dialogue.doubt import agree
from dialogue.listener import Heard
from dialogue.microphone import STALE_S, Microphone
from dialogue.question import Outcome, Question
from dialogue.recognizer import Transcript
from dialogue.sound import LOUDNESS, Sound, level
from dialogue.speaker import AlsaSpeaker
from dialogue.turn import Cancelled, Floor, Turn
from dialogue.understood import Understood
from dialogue.worker import Worker
from robot.espeak import chinese_numerals, voicing


# --- microphone ---
def hear(microphone: Microphone, value, seconds: float, start_s: float, early_s: float = 0.0) -> float:
    """Ten chunks a second, stamped so much too early; when it ends."""
    for step in range(round(seconds * 10)):
        samples = value(step) if callable(value) else np.full(1600, value, np.int16)
        now_s = start_s + (step + 1) / 10
        microphone.hear(samples, now_s - early_s, now_s)
    return start_s + seconds


def test_digital_silence_is_a_dead_microphone():
    microphone = Microphone(0.0)
    assert microphone.health(hear(microphone, 0, 4, 0.0)).level == "ok"
    assert microphone.health(hear(microphone, 0, 4, 4.0)).level == "error"
    assert "muted" in microphone.health(8.0).message


def test_a_quiet_room_is_no_dead_microphone():
    microphone = Microphone(0.0)
    noise = np.random.default_rng(0).integers(-3, 4, 1600).astype(np.int16)
    assert microphone.health(hear(microphone, lambda _: noise, 20, 0.0)).level == "ok"


def test_clipping_and_missing_sound_are_told():
    microphone = Microphone(0.0)
    loud = (np.sign(np.sin(np.arange(1600) / 5)) * 32767).astype(np.int16)
    end_s = hear(microphone, lambda _: loud, 2, 0.0)
    assert microphone.health(end_s).level == "warn"
    assert microphone.health(end_s + STALE_S + 0.1).level == "stale"
    assert not microphone.usable(end_s + STALE_S + 0.1)


NOISE = np.random.default_rng(0).integers(-300, 300, 3200).astype(np.int16)


@pytest.mark.parametrize(("count", "level", "told"), [(1600, "ok", "hears"), (3200, "error", "2.0 times"),
                                                      (1100, "warn", "69%")])
def test_two_channels_in_one_and_lost_sound_are_told(count, level, told):
    microphone = Microphone(0.0)
    health = microphone.health(hear(microphone, lambda _: NOISE[:count], 12, 0.0))
    assert health.level == level and told in health.message


@pytest.mark.parametrize("early_s", [30.0, -30.0])
def test_a_microphone_of_another_clock_is_told_from_one_that_sends_nothing(early_s):
    microphone = Microphone(0.0)
    health = microphone.health(hear(microphone, lambda _: NOISE[:1600], 12, 0.0, early_s))
    assert health.level == "error" and f"30 s too {'early' if early_s > 0 else 'late'}" in health.message


def test_a_wrong_rate_is_told_as_long_as_it_lasts():
    microphone = Microphone(0.0)
    microphone.refuse(48_000, 1.0)
    assert "48000 Hz" in microphone.health(2.0).message and not microphone.usable(2.0)
    assert microphone.usable(hear(microphone, lambda _: NOISE[:1600], 6, 2.0))


# --- question ---
def said(intent: str, call_for_help: bool = False) -> Heard:
    return Heard(Transcript("words", 0.8, "en"), Understood(intent, call_for_help, 1.0), 0.0, 1.0)


def asked(expected, attempts) -> Question:
    question = Question(expected, attempts)
    question.asked()
    return question


def test_an_expected_answer_ends_the_question():
    assert asked(["yes", "no"], 2).heard(said("yes")) is Outcome.ANSWERED


def test_a_cry_for_help_answers_any_question():
    assert asked(["taken"], 2).heard(said("help", True)) is Outcome.ANSWERED


def test_what_is_not_understood_is_asked_again_and_then_given_up():
    question = asked(["yes"], 2)
    assert question.heard(said("")) is None and question.apologise
    question.asked()
    assert question.heard(said("time")) is Outcome.NOT_UNDERSTOOD


def test_who_plainly_wants_something_else_ends_a_question_that_lets_them():
    question = Question(["yes", "no"], 2, wishes=True)
    question.asked()
    assert question.heard(said("thanks")) is None  # that is no wish
    assert question.heard(said("time")) is Outcome.ANSWERED and question.meant.intent == "time"


def test_who_asks_pardon_hears_no_apology():
    question = asked(["yes"], 2)
    assert question.heard(said("repeat")) is None and not question.apologise


def test_silence_is_asked_again_and_then_reported():
    question = asked(["yes"], 2)
    assert question.silence() is None
    question.asked()
    assert question.silence() is Outcome.SILENT


def test_a_second_hearing_must_hold_what_the_first_held():
    assert agree("我许多了", "我吃过了", "zh")
    assert not agree("我许多了", "我起不来", "zh")
    assert not agree("the weather", "help me", "en")


# --- turns and worker ---
def test_turns_come_one_after_the_other_and_a_cancelled_one_is_skipped():
    async def story() -> list[str]:
        floor, order = Floor(), []

        async def goal(name: str, turn: Turn, gate: asyncio.Event) -> None:
            try:
                await floor.take(turn)
                order.append(name)
                await gate.wait()
            except Cancelled:
                order.append(f"{name} cancelled")
            finally:
                floor.leave(turn)

        new = asyncio.get_running_loop().create_future
        turns, gates = [Turn(new) for _ in range(3)], [asyncio.Event() for _ in range(3)]
        tasks = [asyncio.create_task(goal(name, turn, gate))
                 for name, turn, gate in zip("abc", turns, gates, strict=True)]
        await asyncio.sleep(0)
        turns[1].cancel()
        for gate in gates:
            gate.set()
        await asyncio.gather(*tasks)
        return order

    assert asyncio.run(story()) == ["a", "b cancelled", "c"]


def test_a_worker_hands_results_and_errors_back_in_order():
    woken, results = threading.Semaphore(0), []
    worker = Worker("test", woken.release)
    worker.submit(lambda: 1, lambda result, error: results.append(result))
    worker.submit(lambda: 1 / 0, lambda result, error: results.append(type(error)))
    for _ in range(2):
        assert woken.acquire(timeout=5)
    assert results == []
    worker.deliver()
    worker.close()
    assert results == [1, ZeroDivisionError]


def test_a_worker_goes_on_after_a_panic_of_a_library():
    class Panic(BaseException):
        """As pyo3_runtime.PanicException."""

    def panics():
        raise Panic
    woken, results = threading.Semaphore(0), []
    worker = Worker("test", woken.release)
    worker.submit(panics, lambda result, error: results.append(type(error)))
    worker.submit(lambda: 1, lambda result, error: results.append(result))
    for _ in range(2):
        assert woken.acquire(timeout=5)
    worker.deliver()
    worker.close()
    assert results == [Panic, 1]


# --- voice and speaker ---
@pytest.mark.parametrize("text,language,wanted", [
    ("救命！130", "zh", "jiu4 ming4! yi4 bai3 san1 shi2"), ("私は病院へ", "ja", "わたし わ びょういん え"),
    ("Hello.", "en", "Hello."), (" 。", "zh", ""), ("", "ja", "")])
def test_espeak_is_given_what_it_can_read(text, language, wanted):
    assert voicing(text, language).text == wanted


def test_numbers_are_read_in_chinese():
    assert [chinese_numerals(n) for n in ("0", "10", "105", "2010", "3.5", "007")] == [
        "零", "十", "一百零五", "二千零一十", "三点五", "零零七"]


def test_speech_has_one_loudness_whatever_the_engine_gave():
    time_s = np.arange(22_050) / 22_050
    for gain in (0.02, 0.9):
        tone = (gain * np.sin(2 * np.pi * 220 * time_s) * 32767).astype(np.int16)
        sound = level(np.concatenate([np.zeros(9000, np.int16), tone, np.zeros(9000, np.int16)]), 22_050)
        assert np.sqrt(np.mean((sound / 32768.0) ** 2)) == pytest.approx(LOUDNESS, rel=0.1)
        assert len(sound) < len(tone) + 3000


def test_a_missing_sound_card_is_named(tmp_path):
    speaker = AlsaSpeaker(cards=tmp_path / "none", player="sh")
    assert "sound card" in speaker.play(Sound(np.zeros(10, np.int16), 22_050))


def test_a_full_disk_is_told_and_stops_no_node(tmp_path, monkeypatch):
    def full(prefix):
        raise OSError(28, "No space left on device")
    (tmp_path / "cards").write_text("0 [Device]: USB-Audio")
    monkeypatch.setattr("dialogue.speaker.tempfile.TemporaryFile", full)
    speaker = AlsaSpeaker(cards=tmp_path / "cards", player="sh")
    assert "No space left" in speaker.play(Sound(np.zeros(10, np.int16), 22_050))


# --- models ---
@pytest.fixture
def data(tmp_path, monkeypatch):
    monkeypatch.setenv("ANBAN_DATA", str(tmp_path))
    monkeypatch.delenv(models.WHISPER_FOLDER_VARIABLE, raising=False)
    return tmp_path


@pytest.fixture
def maker(tmp_path):
    """A maker's site over HTTP with one small model."""
    packed = io.BytesIO()
    name = models.VOSK_NAMES["ja"]
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr(f"{name}/am/final.mdl", "model")
    files = {f"/{name}.zip": packed.getvalue(), "/model-list.json": json.dumps(
        [{"name": name, "md5": hashlib.md5(packed.getvalue()).hexdigest()}]).encode()}

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):  # noqa: N802
            self.send_response(200 if self.path in files else 404)
            self.end_headers()
            self.wfile.write(files.get(self.path, b""))

        def log_message(self, *args):
            """Quiet."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", files
    server.shutdown()


def test_a_vosk_model_is_fetched_checked_and_found(data, maker):
    assert models.vosk_folder("ja") is None
    path = models.fetch_vosk("ja", site=maker[0])
    assert path == models.vosk_folder("ja") and (path / "am" / "final.mdl").is_file()


def test_a_damaged_download_is_refused_and_leaves_nothing(data, maker):
    maker[1][f"/{models.VOSK_NAMES['ja']}.zip"] = b"damaged"
    with pytest.raises(models.ModelError, match="damaged"):
        models.fetch_vosk("ja", site=maker[0])
    assert list((data / "models").iterdir()) == []


def test_without_network_it_says_what_to_do_by_hand(data):
    with pytest.raises(models.ModelError, match="by hand"):
        models.fetch_vosk("ja", site="http://127.0.0.1:9", timeout_s=1)


def test_a_missing_whisper_model_names_the_command(data, monkeypatch):
    monkeypatch.setattr(models, "WHISPER_PARTS", ("no_such_part1", "no_such_part2"))
    with pytest.raises(models.ModelError, match="anban models fetch whisper-base"):
        models.ensure_whisper()


def test_a_folder_of_ones_own_that_holds_no_model_names_the_variable(data, monkeypatch):
    monkeypatch.setenv(models.WHISPER_FOLDER_VARIABLE, "/nope")
    with pytest.raises(models.ModelError, match="ANBAN_WHISPER_MODEL names /nope"):
        models.ensure_whisper()
    for command in ("list", "path"):
        told = " ".join(CliRunner().invoke(models_cli.app, [command]).output.split())
        assert "ANBAN_WHISPER_MODEL names /nope" in told and "fetch whisper" not in told


@pytest.mark.slow
def test_whisper_is_joined_once_and_whole(data):
    if None in [models._package_folder(name) for name in models.WHISPER_PARTS]:
        pytest.skip("the packages of whisper-base are not installed")
    path = models.ensure_whisper()
    assert path == models.whisper_folder() and (path / "model.bin").stat().st_size == models.WHISPER_BYTES
    assert [entry.name for entry in path.parent.iterdir() if entry.name[0] != "."] == [path.name]


@pytest.mark.slow
def test_processes_that_join_whisper_at_the_same_time_all_take_the_same_folder(data):
    if None in [models._package_folder(name) for name in models.WHISPER_PARTS]:
        pytest.skip("the packages of whisper-base are not installed")
    code = ("import sys; from dialogue.models import ensure_whisper; print('up', flush=True); sys.stdin.readline(); "
            "print((ensure_whisper() / 'model.bin').stat().st_ino)")
    started = [subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
               for _ in range(3)]
    for process in started:
        process.stdout.readline()
    for process in started:  # now, all at once
        process.stdin.write("\n")
        process.stdin.flush()
    folders = [process.communicate()[0] for process in started]
    assert len(set(folders)) == 1 and folders[0]
    assert [entry.name for entry in models.models_dir().iterdir() if entry.is_dir()] == [models.WHISPER]
