"""The virtual microphone: levels, walls, echo, the robot's own voice, and a sample clock that loses nothing."""
import math
import sys

import numpy as np
import pytest

from robot import kokoro
from sim.sound import (
    CHUNK,
    FULL_SCALE_DB,
    HEARING_DB,
    MICROPHONE_DIRECTIVITY_DB,
    SAMPLE_RATE,
    VOICE_DB,
    Soundscape,
    level_db,
    speech_rms,
)
from sim.voice import elder_voice, elder_voices, resampled

BEDROOM, NEAR, FAR = (3.3, 0.75, 1.15), (2.9, 1.05, 1.15), (1.0, 3.6, 1.15)
QUIET_DB = -100.0


@pytest.fixture
def hiss():
    """Speech-like sound of one second: noise that falls with frequency."""
    rough = np.random.default_rng(1).normal(size=SAMPLE_RATE)
    return np.convolve(rough, np.hanning(9), "same") * 0.1


def soundscape(site, noise_db=QUIET_DB, seed=0, at=BEDROOM):
    scape = Soundscape(site, start_s=1000.0, seed=seed, noise_db=noise_db)
    scape.places["robot"] = at
    return scape


def heard(scape, seconds):
    return np.concatenate([scape.chunk()[1] for _ in range(round(seconds * SAMPLE_RATE / CHUNK))])


def level(scape, place, samples):
    scape.places["lin"] = place
    scape.play("lin", samples, scape.start_s, speech_db=VOICE_DB)
    return level_db(heard(scape, 1.0)[4800:] / 32768)


def test_direct_sound_falls_by_six_decibel_when_the_distance_doubles(site):
    acoustics = soundscape(site).acoustics
    near, far = acoustics.path((1.0, 1.0, 1.0), (2.0, 1.0, 1.0)), acoustics.path((1.0, 1.0, 1.0), (3.0, 1.0, 1.0))
    assert 20 * math.log10(far.distance_m / near.distance_m) == pytest.approx(6.02, abs=0.01)
    assert near.direct_loss_db == far.direct_loss_db == (0.0, 0.0)


def test_a_voice_is_softer_from_afar_but_the_echo_carries_it(site, hiss):
    near, far = level(soundscape(site), NEAR, hiss), level(soundscape(site), FAR, hiss)
    assert near > far + 1.0
    assert far > VOICE_DB - 20 * math.log10(math.dist(BEDROOM, FAR)) + 3.0


def test_the_microphone_measures_what_an_ear_hears_less_the_echo_that_its_array_keeps_out(site, hiss):
    scape = soundscape(site)
    measured = level(scape, FAR, hiss)
    at_an_ear = scape.level_at("lin", VOICE_DB, BEDROOM)
    assert at_an_ear - MICROPHONE_DIRECTIVITY_DB.max() < measured < at_an_ear + 1.0


def test_a_wall_takes_the_voice_and_most_of_its_high_notes(site, hiss):
    def spectrum(place):
        scape = soundscape(site, at=(3.9, 2.0, 1.15))
        scape.places["lin"] = place
        scape.play("lin", hiss, scape.start_s, speech_db=90.0)
        power = np.abs(np.fft.rfft(heard(scape, 1.0))) ** 2
        hertz = np.fft.rfftfreq(SAMPLE_RATE, 1 / SAMPLE_RATE)
        bands = ((100, 700), (1500, 4000))
        return [10 * math.log10(power[(hertz > low) & (hertz < high)].sum()) for low, high in bands]

    same_room, next_room = spectrum((2.9, 2.0, 1.15)), spectrum((4.9, 2.0, 1.15))
    lost = np.subtract(same_room, next_room)
    assert lost[0] > 12.0
    assert lost[1] > lost[0] + 2.0


def test_through_an_open_door_in_sight_nothing_is_lost_but_distance(site):
    path = soundscape(site).acoustics.path((3.3, 0.75, 1.0), (3.3, -0.8, 1.0))
    assert path.direct_loss_db == (0.0, 0.0)


def test_round_the_door_frame_high_notes_lose_more(site):
    low, high = soundscape(site).acoustics.path((0.45, -0.8, 1.0), (1.8, 1.75, 0.2)).direct_loss_db
    assert 5.0 < low < high


def test_no_sample_is_lost_or_doubled_in_ten_seconds(site):
    """A ramp that counts every sample arrives complete, in order, exactly where the clock says."""
    scape = soundscape(site)
    scape.places["lin"] = (3.3, 1.75, 1.15)
    scape.acoustics.echo_gain_db = lambda room: np.full(2, -400.0)
    clicks = np.zeros(10 * SAMPLE_RATE)
    clicks[::997] = 1.0
    scape.play("lin", clicks, 1000.25, speech_db=None)
    stamps, stream = zip(*(scape.chunk() for _ in range(110)), strict=True)
    assert np.allclose(np.diff(stamps), 0.1) and stamps[0] == 1000.0
    signal = np.concatenate(stream).astype(float)
    assert len(signal) == 110 * CHUNK
    arrived = np.flatnonzero(signal > 0.5 * signal.max())
    assert arrived.tolist() == (4000 + np.arange(0, len(clicks), 997)).tolist()


def test_the_robots_own_voice_comes_back_into_its_microphone(site, hiss):
    scape = soundscape(site, noise_db=36.0)
    silence = level_db(heard(scape, 0.5) / 32768)
    scape.play("robot", hiss, scape.start_s + 0.5)
    assert level_db(heard(scape, 0.9) / 32768) > silence + 25
    assert scape.drain_ended() == []
    heard(scape, 0.2)
    assert scape.drain_ended() == ["robot"]


def test_a_stopped_voice_falls_silent_at_once_and_is_not_reported_as_finished(site, hiss):
    scape = soundscape(site, noise_db=30.0)
    scape.play("robot", np.tile(hiss, 3), scape.start_s)
    heard(scape, 1.0)
    scape.stop("robot")
    heard(scape, 0.7)  # the echo dies away
    assert level_db(heard(scape, 0.5) / 32768) == pytest.approx(30.0, abs=1.5)
    assert scape.drain_ended() == [] and not scape.sounding("robot")


def test_a_second_utterance_waits_for_the_first(site, hiss):
    scape = soundscape(site)
    first = scape.play("robot", hiss, scape.start_s)
    assert scape.play("robot", hiss, scape.start_s + 0.3) == pytest.approx(first + 1.0)


def test_the_noise_has_its_level_falls_with_frequency_and_comes_from_the_seed(site):
    one, same, other = (heard(soundscape(site, 40.0, seed), 10.0) for seed in (3, 3, 4))
    assert level_db(one / 32768) == pytest.approx(40.0, abs=0.5)
    assert np.array_equal(one, same) and not np.array_equal(one, other)
    power = np.abs(np.fft.rfft(one.astype(float))) ** 2
    hertz = np.fft.rfftfreq(len(one), 1 / SAMPLE_RATE)
    octaves = [power[(hertz > f) & (hertz < 2 * f)].sum() for f in (100, 400, 1600)]
    assert max(octaves) / min(octaves) < 1.3  # pink: the same power in each octave


def test_the_converter_clips_and_never_wraps_round(site):
    scape = soundscape(site)
    scape.places["lin"] = (3.3, 0.95, 1.15)
    tone = np.sin(np.arange(SAMPLE_RATE) * 0.02)
    scape.play("lin", tone, scape.start_s, speech_db=FULL_SCALE_DB + 10)
    signal = heard(scape, 0.5)
    assert signal.max() == 32767 and signal.min() == -32768
    assert np.abs(np.diff(signal.astype(int))).max() < 32768


def test_a_television_plays_on_without_end(site, hiss):
    scape = soundscape(site)
    scape.places["television"] = (3.3, 2.0, 0.5)
    scape.play("television", hiss, scape.start_s, 56.0, loop=True)
    heard(scape, 4.0)
    assert level_db(heard(scape, 1.0) / 32768) > 45.0


def test_an_old_resident_hears_a_voice_in_her_room_and_none_behind_walls(site):
    scape = soundscape(site, noise_db=36.0)
    assert scape.hears((1.5, 1.8, 0.2), "robot", 68.0)
    assert not scape.hears((7.5, 3.5, 1.0), "robot", 60.0)
    assert not scape.hears((1.5, 1.8, 0.2), "robot", HEARING_DB - 10)


@pytest.mark.parametrize(("language", "text"), [("en", "Thank you."), ("zh", "谢谢。"), ("ja", "ありがとう。")])
def test_residents_have_a_voice_in_each_language_of_their_own_by_seed(language, text):
    one, same, other = (elder_voice(text, language, seed) for seed in (1, 1, 2))
    assert np.array_equal(one, same)
    assert not np.array_equal(one[:4000], other[:4000])
    assert speech_rms(one) > 0.02 and 0.3 < len(one) / SAMPLE_RATE < 4.0


@pytest.fixture
def speechless(tmp_path, monkeypatch):
    """No speech is kept yet; returns what lets a Python package be missing."""
    monkeypatch.setenv("ANBAN_DATA", str(tmp_path))
    kokoro.release()
    yield lambda package: monkeypatch.setitem(sys.modules, package, None)
    kokoro.release()


def test_a_line_once_spoken_is_kept_so_that_a_second_start_needs_no_model(speechless):
    first = elder_voices(["谢谢。"], "zh", seed=1)
    speechless("onnxruntime")
    assert np.array_equal(elder_voices(["谢谢。"], "zh", seed=1)["谢谢。"], first["谢谢。"])


def test_without_the_neural_voice_espeak_speaks_and_says_so(speechless, caplog):
    speechless("onnxruntime")
    assert speech_rms(elder_voice("谢谢。", "zh")) > 0.02
    assert "onnxruntime" in caplog.text


def test_resampling_keeps_pitch_and_level():
    tone = np.sin(2 * np.pi * 440 * np.arange(22050 * 2) / 22050)
    there = resampled(tone, 22050)
    assert len(there) == 2 * SAMPLE_RATE
    expected = np.sin(2 * np.pi * 440 * np.arange(len(there)) / SAMPLE_RATE)
    assert np.abs(there - expected)[500:-500].max() < 0.01
