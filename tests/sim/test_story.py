"""Stories: what stands in the files, what is refused with file, line and remedy, and when the cues come."""
import pytest

from robot.resources import resource
from sim.player import StoryPlayer
from sim.story import StoryError, load_story

STORY = """\
id: test
date: 2026-11-21
start: "23:00:00"
people:
  lin: {furniture: bed_1}
variants: [answers, silent]
script:
  - {id: wake, who: lin, at: [2, 4], do: get_up}
  - {id: fall, who: lin, after: wake, robot_in: bedroom, delay: 1.0, do: fall, kind: [sideways, trip_forward]}
  - {id: answer, who: lin, after: impact, hears: 2, do: say, words: {en: "Help me.", zh: "救命。"}}
  - {id: thanks, who: lin, variant: answers, after: answer, hears_words: {en: "nurse"}, do: say, words: {en: "Thanks."}}
faults:
  - {part: camera, mode: black, at: 5, until: 8}
ends:
  - {after: thanks, delay: 3}
  - {at: 90}
"""


@pytest.fixture
def load(site, tmp_path):
    def loaded(text=STORY):
        path = tmp_path / "test.yaml"
        path.write_text(text, encoding="utf-8")
        return load_story(path, site)
    return loaded


def names(cues):
    return [cue.step.id for cue in cues]


@pytest.mark.parametrize("name", ["night", "evening"])
def test_the_stories_that_come_with_anban_fit_its_home(site, name):
    story = load_story(resource(f"config/scenarios/{name}.yaml"), site)
    for step in story.script:
        assert step.words is None or {"en", "zh", "ja"} <= set(step.words)


def test_the_night_begins_seconds_before_the_round_is_due(site):
    start_s = load_story(resource("config/scenarios/night.yaml"), site).start_s(site)
    assert 0 < 1795276800 - start_s < 10  # 2026-11-22 00:00 in Shanghai


@pytest.mark.parametrize(("wrong", "right", "line", "remedy"), [
    ("who: lin, at", "who: lim, at", 8, "no person 'lim'; there are: lin"),
    ("  lin: {furniture: bed_1}", "  lim: {furniture: bed_1}", 5, "no resident or caregiver 'lim'; there are: lin"),
    ("bed_1", "bed_7", 5, "there are: bed_1"),
    ("after: wake", "after: woke", 9, "no step or event 'woke'; there are: wake"),
    ("robot_in: bedroom", "robot_in: kitchen", 9, "no room 'kitchen'; there are: bedroom"),
    ("[sideways, trip_forward]", "[sideways, upwards]", 9, "trip_forward"),
    (", kind: [sideways, trip_forward]", "", 9, "`do: fall` needs `kind:`"),
    ("id: fall", "id: wake", 9, "give it another id"),
    ("at: [2, 4], ", "", 8, "say when"),
    ("variant: answers", "variant: answer", 11, "there are: answers, silent"),
    ('{en: "nurse"}', '{en: "(nurse"}', 11, "no regular expression"),
    ("mode: black", "mode: melt", 13, "freeze, black"),
    ("part: camera", "part: microphone", 13, "microphone can be silent or offline"),
    ("until: 8", "until: 4", 13, "later than"),
    ("date: 2026-11-21", "date: 21 November", 2, "date"),
    ("{at: 90}", "{at: 90, after: thanks}", 16, "either"),
    ("script:", "script: [", 8, "not valid YAML"),
])
def test_a_wrong_story_is_refused_with_file_line_and_remedy(load, wrong, right, line, remedy):
    with pytest.raises(StoryError) as caught:
        load(STORY.replace(wrong, right, 1))
    assert f"test.yaml:{line}: " in str(caught.value)
    assert remedy in str(caught.value)


def test_a_missing_story_names_the_file(site, tmp_path):
    with pytest.raises(StoryError, match="gone.yaml: cannot be read"):
        load_story(tmp_path / "gone.yaml", site)


@pytest.mark.parametrize(("written", "told"), [
    (b"", "night.yaml"), (b"caf\xe9: 1", "save it as UTF-8"), (b"- a list", "no sections")])
def test_what_is_no_story_is_told_with_what_would_be_one(site, tmp_path, written, told):
    (tmp_path / "story.yaml").write_bytes(written)
    with pytest.raises(StoryError, match=rf"story\.yaml:.*{told}"):
        load_story(tmp_path / "story.yaml", site)


def test_a_fall_waits_for_the_steps_before_it_and_for_the_robot(load):
    player = StoryPlayer(load(), seed=0, language="en")
    assert names(player.update(4.1, None)) == ["wake"]
    assert player.update(6.0, "bedroom") == []
    player.happens("wake", 6.5)
    assert player.update(7.0, "corridor") == []
    assert player.update(8.0, "bedroom") == []
    assert names(player.update(9.0, "bedroom")) == ["fall"]
    assert player.update(9.1, "bedroom") == []


def test_she_answers_when_she_has_heard_the_robot_twice_since_the_fall(load):
    player = StoryPlayer(load(), seed=0, language="zh")
    player.heard("lin", "你好")
    player.happens("impact", 10.0)
    player.heard("lin", "您需要帮助吗？")
    assert "answer" not in names(player.update(11.0, None))
    player.heard("lin", "您听得见吗？")
    cue = next(c for c in player.update(12.0, None) if c.step.id == "answer")
    assert cue.words == "救命。"


def test_thanks_come_only_for_the_right_words(load):
    player = StoryPlayer(load(), seed=0, language="en")
    player.happens("answer", 10.0)
    player.heard("lin", "Help is coming.")
    assert "thanks" not in names(player.update(20.0, None))
    player.heard("lin", "The nurse is coming.")
    assert "thanks" in names(player.update(21.0, None))


def test_the_seed_chooses_variant_fall_and_times(load):
    players = [StoryPlayer(load(), seed, "en") for seed in range(12)]
    assert [p.variant for p in players[:2]] == ["answers", "silent"]
    kinds = {seed: next((c.kind for c in (p.happens("wake", 0), p.update(50, "bedroom"), p.update(60, "bedroom"))[-1]
                         if c.step.id == "fall"), None) for seed, p in enumerate(players)}
    assert set(kinds.values()) == {"sideways", "trip_forward"}
    again = StoryPlayer(load(), 3, "en")
    assert again._times == players[3]._times and again._times != players[4]._times


def test_a_silent_resident_never_says_thanks(load):
    player = StoryPlayer(load(), seed=1, language="en")
    player.happens("answer", 1.0)
    player.heard("lin", "The nurse is coming.")
    assert "thanks" not in names(player.update(50.0, None))


def test_the_story_ends_after_its_last_step_or_at_its_time(load):
    player = StoryPlayer(load(), seed=0, language="en")
    assert not player.ended(50.0)
    player.happens("thanks", 50.0)
    assert not player.ended(52.9) and player.ended(53.0)
    assert StoryPlayer(load(), 1, "en").ended(90.0)


def test_faults_hold_for_their_time(load):
    player = StoryPlayer(load(), seed=0, language="en")
    assert [bool(player.faults(t, "camera")) for t in (4.9, 5.0, 7.9, 8.0)] == [False, True, True, False]
    assert not player.faults(6.0, "microphone")
