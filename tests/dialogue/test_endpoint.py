"""Utterances are cut where old speakers end them, not where they pause."""
from __future__ import annotations

import numpy as np
import pytest

from dialogue.endpoint import FRAME, RATE_HZ, Endpointer, Event

SPEECH, SOFT, QUIET = 1000, 50, 1
CHANCES = {SPEECH: 0.9, SOFT: 0.3, QUIET: 0.05}


def stream(*parts: tuple[int, float]) -> np.ndarray:
    return np.concatenate([np.full(int(seconds * RATE_HZ), level, np.int16) for level, seconds in parts])


def endpointer() -> Endpointer:
    return Endpointer(lambda frame: CHANCES[int(np.frombuffer(frame, "<i2").max())])


def events(cutter: Endpointer, sound: np.ndarray, start_s: float = 50.0):
    return [(step.event, step.time_s) for at in range(0, len(sound), 1600)
            for step in cutter.accept(sound[at:at + 1600], start_s + at / RATE_HZ) if step.event is not Event.MORE]


def kinds(steps) -> list[Event]:
    return [event for event, _ in steps]


def test_an_utterance_has_the_times_of_its_speech():
    steps = events(endpointer(), stream((QUIET, 1), (SPEECH, 1), (QUIET, 3)))
    assert kinds(steps) == [Event.BEGAN, Event.PAUSED, Event.ENDED]
    assert steps[0][1] == pytest.approx(51.0, abs=2 * FRAME / RATE_HZ)
    assert steps[2][1] == pytest.approx(52.0, abs=2 * FRAME / RATE_HZ)


@pytest.mark.parametrize("pause_s", [0.5, 1.0, 1.2])
def test_a_pause_inside_does_not_end_it(pause_s):
    steps = events(endpointer(), stream((QUIET, 1), (SPEECH, 1), (QUIET, pause_s), (SPEECH, 1), (QUIET, 3)))
    assert kinds(steps).count(Event.ENDED) == 1


def test_patience_grows_with_the_speakers_pauses_and_shrinks_again():
    cutter = endpointer()
    before_s = cutter.end_s
    events(cutter, stream((SPEECH, 1), (QUIET, 1.3), (SPEECH, 1), (QUIET, 4)))
    grown_s = cutter.end_s
    for turn in range(4):
        events(cutter, stream((SPEECH, 1), (QUIET, 4)), 100.0 + 10 * turn)
    assert before_s < grown_s and cutter.end_s < (before_s + grown_s) / 2


def test_a_click_is_no_speech():
    assert kinds(events(endpointer(), stream((QUIET, 1), (SPEECH, 0.06), (QUIET, 2)))) == []


def test_a_short_noise_is_dropped():
    assert kinds(events(endpointer(), stream((QUIET, 1), (SPEECH, 0.13), (QUIET, 3))))[-1] is Event.DROPPED


def test_speech_without_end_is_cut_at_twelve_seconds():
    steps = events(endpointer(), stream((SPEECH, 20)))
    ended = [time_s for event, time_s in steps if event is Event.ENDED]
    assert ended[0] == pytest.approx(62.0, abs=0.1)


def test_the_sound_before_the_first_speech_is_kept():
    cutter, sound = endpointer(), stream((QUIET, 1), (SPEECH, 1))
    began = next(step for at in range(0, len(sound), 1600)
                 for step in cutter.accept(sound[at:at + 1600], at / RATE_HZ) if step.event is Event.BEGAN)
    assert np.count_nonzero(began.samples == QUIET) > 0.6 * RATE_HZ  # of a soft beginning the detector misses 0.42 s


def test_what_is_open_ends_when_listening_ends():
    cutter = endpointer()
    events(cutter, stream((SPEECH, 1)))
    assert [step.event for step in cutter.close()] == [Event.ENDED]
    assert not cutter.in_speech


@pytest.mark.parametrize(("lost_s", "utterances"), [(0.5, 1), (2.0, 2), (600.0, 2)])
def test_a_microphone_that_is_unplugged_in_the_middle_of_a_word_ends_what_was_said(lost_s, utterances):
    cutter = endpointer()
    told = events(cutter, stream((QUIET, 1), (SPEECH, 1)))
    told += events(cutter, stream((SPEECH, 1), (QUIET, 3)), 52.0 + lost_s)
    ends = [time_s for event, time_s in told if event is Event.ENDED]
    assert len(ends) == utterances and ends[-1] == pytest.approx(53.0 + lost_s, abs=0.05)


@pytest.mark.parametrize(("gap_s", "begins_s"), [(0.5, 1.0), (1.2, 2.26)])
def test_a_word_too_short_to_begin_an_utterance_belongs_to_what_follows_soon(gap_s, begins_s):
    cutter = endpointer()
    sound = stream((QUIET, 1), (SPEECH, 0.06), (QUIET, gap_s), (SPEECH, 1), (QUIET, 3))  # "Help ... me, I cannot"
    steps = [step for at in range(0, len(sound), 1600) for step in cutter.accept(sound[at:at + 1600], at / RATE_HZ)]
    began = next(step for step in steps if step.event is Event.BEGAN)
    assert began.time_s == pytest.approx(begins_s, abs=2 * FRAME / RATE_HZ)
    heard = np.concatenate([step.samples for step in steps])
    assert np.count_nonzero(heard == SPEECH) == pytest.approx((1.06 if gap_s < 1 else 1.0) * RATE_HZ, abs=2 * FRAME)
    assert [step.event for step in steps if step.event is not Event.MORE] == [Event.BEGAN, Event.PAUSED, Event.ENDED]


def utterances(cutter: Endpointer, sound: np.ndarray, start_s: float = 50.0) -> list[tuple[float, np.ndarray]]:
    """When each begins, and all its sound."""
    steps = [step for at in range(0, len(sound), 1600)
             for step in cutter.accept(sound[at:at + 1600], start_s + at / RATE_HZ)]
    begins = [number for number, step in enumerate(steps) if step.event is Event.BEGAN]
    return [(steps[begin].time_s, np.concatenate([step.samples for step in steps[begin:end]]))
            for begin, end in zip(begins, [*begins[1:], None], strict=True)]


@pytest.mark.parametrize(("words", "kept_s"), [
    (((SOFT, 0.7), (QUIET, 0.4)), 0.7),                              # "Help me, I cannot get up", by an old voice
    (((SOFT, 0.3), (QUIET, 0.3), (SOFT, 0.3), (QUIET, 0.4)), 0.6),   # "Please, help, I cannot get up"
    (((SPEECH, 0.06), (SOFT, 0.4), (QUIET, 0.8)), 0.4),
    (((SOFT, 0.3), (QUIET, 1.2)), 0.0),                              # nothing to do with what follows
])
def test_words_spoken_so_softly_that_the_detector_is_not_sure_belong_to_what_follows_soon(words, kept_s):
    before = stream((QUIET, 1), *words)
    (began_s, heard), = utterances(endpointer(), np.concatenate([before, stream((SPEECH, 1), (QUIET, 3))]))
    assert began_s == pytest.approx(50.0 + len(before) / RATE_HZ, abs=2 * FRAME / RATE_HZ)  # of sure speech, as ever
    assert np.count_nonzero(heard == SOFT) == pytest.approx(kept_s * RATE_HZ, abs=2 * FRAME)


def test_soft_talk_without_end_is_kept_for_no_longer_than_some_words():
    (_, heard), = utterances(endpointer(), stream((SOFT, 10), (SPEECH, 1), (QUIET, 3)))
    assert np.count_nonzero(heard == SOFT) < 2.5 * RATE_HZ


def test_what_began_softly_in_the_pause_after_a_call_is_heard_with_what_follows():
    cutter = endpointer()
    utterances(cutter, stream((SPEECH, 1), (QUIET, 0.5), (SOFT, 0.4)))
    assert cutter.in_pause
    cutter.cut()  # "Help!" was understood meanwhile
    (_, heard), = utterances(cutter, stream((SOFT, 0.1), (SPEECH, 1), (QUIET, 3)), 51.9)
    assert np.count_nonzero(heard == SOFT) == pytest.approx(0.5 * RATE_HZ, abs=2 * FRAME)
