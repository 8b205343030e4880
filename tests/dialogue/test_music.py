"""Music as the loudspeaker gets it: softer than speech, without clicks, in parts, and taken out of what is heard."""
from __future__ import annotations

import asyncio
import wave

import numpy as np
import pytest

from dialogue import music_box
from dialogue.barge_in import Verdict
from dialogue.echo import EchoCanceller
from dialogue.music import PART_S, VOLUME, parts, sound_of
from dialogue.own_voice import OwnVoice
from dialogue.recording import RecordingError
from dialogue.sound import LOUDNESS, Sound
from dialogue.speaking import Speaking
from dialogue.turn import Turn
from robot.music import MELODY, melodies, notes
from tests.dialogue import sounds
from tests.dialogue.test_barge_in import Loudspeaker, heard


def spectrum_peak_hz(sound: Sound) -> float:
    spectrum = np.abs(np.fft.rfft(sound.samples * np.hanning(len(sound.samples))))
    return float(np.argmax(spectrum)) * sound.rate_hz / len(sound.samples)


@pytest.mark.parametrize("name", melodies())
def test_a_melody_is_softer_than_speech_and_begins_and_ends_in_silence(name):
    sound = sound_of(MELODY + name)
    samples = sound.samples / 32768
    assert 0.5 * VOLUME * LOUDNESS < np.sqrt(np.mean(samples ** 2)) < VOLUME * LOUDNESS
    assert np.abs(samples).max() < 0.5  # no clipping, also when it is asked to be twice as loud
    assert samples[0] == samples[-1] == 0
    assert abs(sound.duration_s - sum(note.length_s for note in melodies()[name].notes)) < 1.0


def test_a_tone_has_its_pitch_and_no_click():
    sound = music_box.play(notes("A4:2 -:1", 60))
    assert abs(spectrum_peak_hz(sound) - 440.0) < 1.0
    steps = np.abs(np.diff(sound.samples / 32768))
    assert steps.max() < 2 * np.pi * 440 / sound.rate_hz * 0.5 * 2.5  # as its own partials move, and no faster


def write(path, samples, rate_hz=22_050):
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1), file.setsampwidth(2), file.setframerate(rate_hz)
        file.writeframes(np.round(samples * 32767).astype("<i2").tobytes())


def test_a_file_sounds_at_the_loudness_of_music_and_in_parts_cut_where_it_is_quiet(tmp_path):
    time_s = np.arange(150 * 22_050) / 22_050
    tone = 0.9 * np.sin(2 * np.pi * 330 * time_s) * (np.abs(time_s - 51.0) > 0.2)
    write(tmp_path / "long.wav", tone)
    sound = sound_of(str(tmp_path / "long.wav"))
    assert abs(np.sqrt(np.mean((sound.samples / 32768) ** 2)) / (VOLUME * LOUDNESS) - 1) < 0.05
    cut = list(parts(sound))
    assert np.array_equal(np.concatenate([part.samples for part in cut]), sound.samples)
    assert max(part.duration_s for part in cut) <= PART_S and abs(cut[0].duration_s - 51.0) < 0.3


def test_what_cannot_be_played_says_why(tmp_path):
    (tmp_path / "torn.mp3").write_bytes(b"no music")
    write(tmp_path / "silent.wav", np.zeros(22_050))
    for name, why in (("torn.mp3", "cannot be read as sound"), ("silent.wav", "nothing but silence")):
        with pytest.raises(RecordingError, match=why):
            sound_of(str(tmp_path / name))


def test_a_melody_is_taken_out_of_what_the_robot_hears():
    sound, late = sound_of(MELODY + "arirang"), 3200
    sound = Sound(sound.samples[:15 * 16_000], 16_000)
    mic = np.concatenate([np.zeros(late, np.int16), (0.4 * sound.samples).astype(np.int16)])
    mic = mic + np.random.default_rng(0).normal(0, 15, len(mic)).astype(np.int16)
    echo = EchoCanceller()
    echo.plays(sound.samples, 16_000, 10.0)
    left = np.concatenate([echo.clean(mic[at:at + 1600], 10.0 + at / 16_000)[0] for at in range(0, len(mic), 1600)])
    loud, soft = (float(np.mean(np.square(part[5 * 16_000:].astype(float)))) for part in (mic, left))
    assert abs(echo.delay_s - 0.2) < 0.01 and 10 * np.log10(loud / soft) > 15.0


def play(seconds: float = 30.0, volume: list[float] | None = None):
    loudspeaker, turn = Loudspeaker(), Turn(asyncio.get_running_loop().create_future)
    speaking, sound = Speaking(loudspeaker, OwnVoice(0.5)), sound_of(MELODY + "arirang")
    sound = Sound(sound.samples[:round(seconds * sound.rate_hz)], sound.rate_hz)
    volume = volume or [1.0]
    said = speaking.say(turn, sound, "", "en", sound.duration_s, False, lambda: volume[0])
    return loudspeaker, speaking, sound, asyncio.ensure_future(said)


@pytest.mark.parametrize("words,verdict", [("Help me, help me!", Verdict.CALL), ("Stop!", Verdict.ORDER),
                                           ("Be quiet, please.", Verdict.ORDER)])
async def test_a_call_or_an_order_silences_music_at_once(words, verdict):
    loudspeaker, speaking, _, said = play()
    await asyncio.sleep(0)
    assert speaking.music
    loudspeaker.now_s = 15.0
    assert speaking.heard(heard(words, 14.0, 15.0)) is verdict
    assert await said == "" and speaking.cut and loudspeaker.silenced == 1 and not speaking.music


async def test_after_a_pause_music_goes_on_where_it_was_and_as_loud_as_was_asked():
    volume = [1.0]
    loudspeaker, speaking, sound, said = play(volume=volume)
    await asyncio.sleep(0)
    voice = sounds.pcm(np.zeros(24_000), sounds.spoken("Louder, please, I cannot hear the music at all.", "en"))
    for step in range(35):
        if step == 28:
            speaking.own_voice.speech_began(12.0)
        speaking.own_voice.hear(voice[step * 1600:(step + 1) * 1600], 10.0 + step / 10)
    loudspeaker.now_s = 13.5
    speaking.talked(13.5)
    await asyncio.sleep(0)
    assert loudspeaker.silenced == 1 and len(loudspeaker.played) == 1
    assert speaking.heard(heard("Louder, please.", 12.6, 16.0)) not in (Verdict.OWN, Verdict.CALL)
    volume[0] = 1.4
    await asyncio.sleep(0)
    rest = loudspeaker.played[1].samples
    assert np.array_equal(rest, np.round(sound.samples[round(3.5 * 16_000):] * 1.4).astype(np.int16))
    loudspeaker.later[-1](None)
    assert await said == ""
