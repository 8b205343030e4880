"""A wrong site file is refused with file, line and remedy; a right one is not."""
from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from robot.site import SiteError, in_language, load_site
from robot.site_cli import app

HOME = Path(__file__).resolve().parents[2] / "config" / "home.yaml"
TEXT = HOME.read_text(encoding="utf-8")

# what is written instead of what, and what the message must say; the line is that of the first replaced text.
MISTAKES = {
    "wrong room": ("kind: bed, room: bedroom", "kind: bed, room: bedrom",
                   'furniture bed_1: room "bedrom" does not exist; rooms are: bedroom, living_room, corridor, bathroom '
                   '(did you mean "bedroom"?)'),
    "wrong caregiver": ("notify: [wang]", "notify: [wong]", 'caregiver "wong" does not exist; caregivers are: chen'),
    "wrong resident": ("  - id: lin-evening\n    resident: lin", "  - id: lin-evening\n    resident: lina",
                       'resident "lina" does not exist'),
    "wrong room of a light": ("sensors:", "lights:\n  - {id: lamp, room: attic, topic: z/lamp}\nsensors:",
                              'room "attic" does not exist'),
    "unknown way to draw attention": ("by: [name, look, touch]", "by: [name, lok]",
                                      '"lok" is not allowed; use one of: name, look, touch, wake_word (did you mean'),
    "wake word without a model": ("by: [name, look, touch]", "by: [name, wake_word]",
                                  "no wake word is named; add `wake_words: [okay_nabu]`"),
    "wake word that nobody listens for": ("keeps_s: 20", "wake_words: [alexa]",
                                          "nobody listens for them; write `by: [name, look, touch, wake_word]`"),
    "unknown wake word": ("by: [name, look, touch]", "by: [wake_word], wake_words: [anban]",
                          "no wake word 'anban'; there are okay_nabu, hey_jarvis"),
    "name that nobody can say": ("keeps_s: 20", "names: {zh: ['1']}", "'1' is no name that can be spoken"),
    "wrong bed": ("bed: bed_1, topic", "bed: bed_2, topic", 'bed "bed_2" does not exist; beds are: bed_1'),
    "wrong door": ("door: front_door, topic", "door: backdoor, topic", 'door "backdoor" does not exist; doors are:'),
    "unknown field": ("radius_m: 0.22", "radious_m: 0.22", 'unknown field; fields are: id, name, radius_m'),
    "unknown field near": ("radius_m: 0.22", "radious_m: 0.22", '(did you mean "radius_m"?)'),
    "wrong voice": ("radius_m: 0.22", "voice: {zh: kokoru}\n  radius_m: 0.22",
                    'robot: voice: zh: no voice "kokoru" speaks zh; voices are: espeak, kokoro, kokoro/zf_xiaobei'),
    "voice of another language": ("radius_m: 0.22", "voice: {ja: piper}\n  radius_m: 0.22",
                                  'no voice "piper" speaks ja'),
    "night without an end": ("radius_m: 0.22", 'night: {from: "22:00"}\n  radius_m: 0.22',
                            "robot: night: until: is missing"),
    "night without an hour": ("radius_m: 0.22", 'night: {from: "22:00", until: "22:00"}\n  radius_m: 0.22',
                              "that night has no hour"),
    "unknown field of the night": ("radius_m: 0.22", 'night: {start: "22:00", until: "06:00"}\n  radius_m: 0.22',
                                   "unknown field; fields are: from, until, volume, rate"),
    "folder of music without a place": ("rooms:", "music: {folder: songs}\nrooms:",
                                        "music: folder: 'songs' is no whole path; begin with / or ~"),
    "unknown order of music": ("rooms:", "music: {order: sorted}\nrooms:", "use one of: random, given"),
    "wrong pitch": ("pitch: 1.0}", "pitch: 2}", "resident lin: voice: pitch: "),
    "wrong kind": ("kind: sofa", "kind: sofaa", '"sofaa" is not allowed; use one of: bed, sofa'),
    "text for a number": ("max_speed_mps: 0.5", "max_speed_mps: fast", "robot: max_speed_mps: "),
    "number for a text": ('bed_number: "1"', "bed_number: 1", 'must be text: write it in quotes, "1"'),
    "not a number": ("radius_m: 0.22", "radius_m: .nan", "robot: radius_m: "),
    "negative size": ("size: [2.0, 1.0, 0.5]", "size: [2.0, -1.0, 0.5]", "furniture bed_1: size: must be above zero"),
    "too few numbers": ("pose: [0.45, -0.8, 0]", "pose: [0.45, -0.8]", "robot: dock dock: pose 3: is missing"),
    "double id": ("id: nightstand", "id: bed_1", 'id "bed_1" is there twice'),
    "double bed number": ("kind: table, room: bedroom, pose: [0.3, 2.1, 0], size: [0.4, 0.4, 0.5]}",
                          'kind: bed, room: bedroom, pose: [0.3, 2.1, 0], size: [0.4, 0.4, 0.5], bed_number: "1"}',
                          'bed number "1" is there twice'),
    "bed outside its room": ("pose: [1.1, 2.9, 0]", "pose: [4.1, 2.9, 0]",
                             "furniture bed_1: pose: reaches out of room bedroom"),
    "bed in another room": ("pose: [1.1, 2.9, 0]", "pose: [6.1, 1.2, 0]", "its middle is in living_room"),
    "dock outside its room": ("pose: [0.45, -0.8, 0]", "pose: [0.45, 0.8, 0]", "not in room corridor but in bedroom"),
    "dock in the wall": ("pose: [0.45, -0.8, 0]", "pose: [0.1, -0.8, 0]", "nearer to a wall than the robot is wide"),
    "stop in furniture": ("at: [5.3, 1.1, 45]", "at: [6.8, 2.2, 45]", "inside furniture coffee_table"),
    "stop in another room": ("at: [3.3, 0.75, 135]", "at: [5.3, 0.75, 135]", "not in room bedroom but in living_room"),
    "door off the wall": ("at: [3.3, 0.0]", "at: [3.3, 0.5]", "does not lie on the wall of bedroom and corridor"),
    "door wider than the wall": ("at: [5.2, 0.0]", "at: [4.3, 0.0]", "does not lie on the wall of living_room"),
    "door that leads inside": ("between: [bedroom, corridor]", "between: [bedroom, outside]",
                               "does not lead outside: corridor is behind this wall"),
    "door to itself": ("between: [bedroom, corridor]", "between: [bedroom, bedroom]", "both sides are bedroom"),
    "overlapping rooms": ("[8.6, 4.0], [4.2, 4.0]]", "[8.6, 4.0], [3.2, 4.0]]", "overlaps room bedroom by"),
    "crossing walls": ("[[0.0, -1.6], [8.6, -1.6], [8.6, 0.0], [0.0, 0.0]]",
                       "[[0.0, -1.6], [8.6, 0.0], [8.6, -1.6], [0.0, 0.0]]", "the walls cross"),
    "unknown time zone": ("Asia/Shanghai", "Asia/Shangai", "unknown time zone 'Asia/Shangai'"),
    "no such time": ('times: ["20:00"]', 'times: ["25:00"]', "medication lin-evening: times 1: "),
    "time as a number": ('times: ["20:00"]', "times: [2000]", 'write the time of day as "20:00", in quotes'),
    "repeats beyond the window": ("repeats: 2", "repeats: 10\n    x-: 0", "unknown field"),
    "patrol without a night": ('until: "06:00"', 'until: "22:00"', "the patrol has no night to run in"),
    "patrol too rare": ("every_min: 120", "every_min: 1200", "1200 min is longer than the night (480 min)"),
    "escalation backwards": ("after_s: 60", "after_s: 0", "must be later than the step before"),
    "nobody called at first": ("after_s: 0", "after_s: 30", "the first step must be 0"),
    "mattress without a bed": ("bed: bed_1, topic", "topic", "a mattress sensor needs `bed:`"),
    "sensor beside its bed": ("kind: mattress, room: bedroom", "kind: mattress, room: corridor",
                              "bed bed_1 is in bedroom, not in corridor"),
    "missing section": ("caregivers:", "caregiver:", "caregivers: is missing"),
    "bracket not closed": ("at: [3.3, 0.0], width", "at: [3.3, 0.0, width", "not valid YAML"),
    "key given twice": ("  id: anban-1", "  id: anban-1\n  id: anban-2", "not valid YAML"),
}


def problems(tmp_path: Path, text: str) -> list[str]:
    path = tmp_path / "site.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(SiteError) as refused:
        load_site(path)
    return refused.value.problems


def test_the_home_of_the_demo_is_right():
    site = load_site(HOME)
    assert [room.id for room in site.rooms] == ["bedroom", "living_room", "corridor", "bathroom"]


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_named_with_its_remedy(tmp_path, name):
    right, wrong, said = MISTAKES[name]
    assert right in TEXT
    found = problems(tmp_path, TEXT.replace(right, wrong, 1))
    assert any(said in problem for problem in found), found


@pytest.mark.parametrize("name", ["wrong room", "wrong bed", "unknown field", "bed outside its room",
                                  "door off the wall", "stop in furniture", "unknown time zone", "negative size"])
def test_a_mistake_is_found_on_its_line(tmp_path, name):
    right, wrong, said = MISTAKES[name]
    line = TEXT[:TEXT.index(right)].count("\n") + 1
    (problem,) = [p for p in problems(tmp_path, TEXT.replace(right, wrong, 1)) if said in p]
    assert problem.startswith(f"{tmp_path / 'site.yaml'}:{line}: ")


def test_all_mistakes_are_told_together_in_the_order_of_the_lines(tmp_path):
    text = TEXT.replace("notify: [wang]", "notify: [wong]")
    text = text.replace("kind: bed, room: bedroom", "kind: bed, room: attic")
    text = text.replace("pose: [0.45, -0.8, 0]", "pose: [0.45, 3.8, 0]")
    found = problems(tmp_path, text)
    lines = [int(problem.split(":")[1]) for problem in found]
    assert len(found) >= 3 and lines == sorted(lines)


@pytest.mark.parametrize("text, said", [("", "the file is empty"), ("# only a comment\n", "the file is empty"),
                                        ("- a\n- b\n", "no sections"), ("just text", "no sections")])
def test_what_is_no_site_file_is_refused(tmp_path, text, said):
    assert said in problems(tmp_path, text)[0]


def test_a_missing_or_unreadable_file_is_refused(tmp_path):
    with pytest.raises(SiteError, match="cannot be read: No such file"):
        load_site(tmp_path / "none.yaml")
    (tmp_path / "binary.yaml").write_bytes(b"\xff\xfe\x00\x81")
    with pytest.raises(SiteError, match="not UTF-8"):
        load_site(tmp_path / "binary.yaml")


def test_a_name_falls_back_to_english_and_then_to_what_there_is():
    assert in_language({"zh": "林奶奶", "en": "Mrs. Lin"}, "zh") == "林奶奶"
    assert in_language({"zh": "林奶奶", "en": "Mrs. Lin"}, "ko") == "Mrs. Lin"
    assert in_language({"zh": "林奶奶"}, "ja") == "林奶奶"


def test_the_command_says_what_is_wrong_and_fails(tmp_path):
    bad = tmp_path / "site.yaml"
    bad.write_text(TEXT.replace("kind: bed, room: bedroom", "kind: bed, room: attic"), encoding="utf-8")
    assert CliRunner().invoke(app, ["check", str(HOME)]).exit_code == 0
    result = CliRunner().invoke(app, ["check", str(bad)])
    assert result.exit_code == 1 and 'room "attic" does not exist' in result.output


def test_the_floor_plan_is_drawn(tmp_path):
    result = CliRunner().invoke(app, ["draw", str(HOME), "-o", str(tmp_path / "home.png")])
    assert result.exit_code == 0 and (tmp_path / "home.png").stat().st_size > 5000
