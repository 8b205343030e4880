"""What is played when music is wanted: the site's files, else melodies of the resident's own language first."""
from __future__ import annotations

import pytest

from robot.music import MELODY, library, melodies, notes, programme
from robot.site import LANGUAGES


def test_every_melody_has_a_title_in_every_language_and_lasts_as_long_as_one_verse():
    assert all(melody.title.keys() == set(LANGUAGES) for melody in melodies().values())
    assert all(20.0 < sum(note.length_s for note in melody.notes) < 60.0 for melody in melodies().values())
    assert all(110.0 < note.pitch_hz < 1760.0 for melody in melodies().values() for note in melody.notes)


def test_notes_are_read_in_equal_temperament_and_beats():
    tones = notes("A4:1 -:.5 C5:2 Bb3:1 F#5:1", 120)
    assert [round(tone.pitch_hz, 1) for tone in tones] == [440.0, 0.0, 523.3, 233.1, 740.0]
    assert [tone.length_s for tone in tones] == [0.5, 0.25, 1.0, 0.5, 0.5]


def test_a_note_that_is_none_is_named():
    with pytest.raises(ValueError, match="H4"):
        notes("A4:1 H4:1", 120)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_residents_language_chooses_first_and_all_follow(language):
    for seed in range(8):
        pieces = programme("", True, language, seed)
        own = [melodies()[piece.source.removeprefix(MELODY)].language == language for piece in pieces]
        assert own == sorted(own, reverse=True) and own[0] and len(pieces) == len(melodies())


def test_files_are_played_by_name_or_shuffled(tmp_path):
    (tmp_path / "more").mkdir()
    for name in ("02_Moon River.mp3", "01 - Danny Boy.flac", "more/茉莉花.wav", "cover.jpg", "3.ogg"):
        (tmp_path / name).touch()
    given = [piece.title for piece in programme(str(tmp_path), False, "en", 0)]
    assert given == ["Danny Boy", "Moon River", "3", "茉莉花"]
    shuffled = {tuple(piece.title for piece in programme(str(tmp_path), True, "en", seed)) for seed in range(8)}
    assert len(shuffled) > 1 and all(sorted(order) == sorted(given) for order in shuffled)


def test_a_folder_that_is_not_there_leaves_the_melodies(tmp_path):
    for missing in (str(tmp_path / "stick"), "~no-such-user/music"):
        assert library(missing) == () and programme(missing, False, "en", 0)[0].source.startswith(MELODY)
