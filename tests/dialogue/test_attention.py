"""Who has the robot's attention, and for how long."""
from __future__ import annotations

import math
from dataclasses import replace

import pytest

from dialogue.attention import LOOK_WITHIN_M, Attention, looks_at, televisions_of
from dialogue.running_talk import LEAST, WITHIN_S
from dialogue.understood import Understood
from robot.resources import resource
from robot.site import load_site

ALL = ("name", "look", "touch", "wake_word")
NEVER = -math.inf  # the robot has not spoken
WISH, TALK = Understood("time", False, 1.0), Understood("", False, 0.0, talk=1.0)
CALL, DOUBTFUL = Understood("help", True, 1.0), Understood("hurt", True, 0.7, sure=False, talk=0.25)


def attention(*by: str) -> Attention:
    return Attention(by or ALL, keeps_s=20.0)


def why(drawn: Attention, began_s: float = 100.0, named: bool = False, spoke_s: float = NEVER,
        understood: Understood = WISH) -> str:
    return drawn.why(understood, began_s, began_s + 2.0, named, spoke_s)


def amid_talk(lines: int = math.ceil(LEAST)) -> Attention:
    """Somebody has talked until 100 s, a line every five seconds."""
    drawn = attention()
    for line in range(lines):
        assert why(drawn, 100.0 - 5.0 * (lines - line), understood=TALK) == ""
    return drawn


@pytest.mark.parametrize("understood", [CALL, DOUBTFUL, Understood("stop", False, 1.0)])
def test_a_call_for_help_and_stop_need_no_attention(understood):
    for drawn in (attention(), amid_talk(math.ceil(LEAST) - 1)):
        assert why(drawn, understood=understood) == "need"


def test_to_stay_needs_attention_like_any_wish():
    assert why(attention(), understood=Understood("stop", False, 1.0, {"stay": "1"})) == ""


def test_a_plain_call_counts_in_the_midst_of_talk_and_a_doubtful_one_when_it_is_said_again():
    drawn = amid_talk()
    assert why(drawn, 100.0, understood=CALL) == "need"
    assert [why(drawn, at_s, understood=DOUBTFUL) for at_s in (102.0, 102.0, 106.0, 106.0)] == [
        "", "", "need", "need"]


def test_what_is_more_probably_no_call_counts_in_the_midst_of_talk_when_it_is_said_the_third_time():
    drawn, unlikely = amid_talk(), replace(DOUBTFUL, share=0.45)
    assert [why(drawn, at_s, understood=unlikely) for at_s in (100.0, 106.0, 112.0)] == ["", "", "need"]


def test_a_doubtful_call_in_the_midst_of_talk_counts_by_attention_like_any_wish():
    assert why(amid_talk(), named=True, understood=DOUBTFUL) == "name"


def test_talk_that_is_over_or_that_may_be_misheard_need_does_not_stand_in_a_calls_way():
    assert why(amid_talk(), 101.0 + WITHIN_S, understood=DOUBTFUL) == "need"
    mumbling = attention()
    for at_s in range(60, 100, 10):
        assert why(mumbling, at_s, understood=Understood("", False, 0.0, talk=0.6)) == ""
    assert why(mumbling, understood=DOUBTFUL) == "need"


def test_another_scene_of_a_film_is_not_the_call_said_again():
    drawn = amid_talk()
    assert [why(drawn, at_s, understood=replace(DOUBTFUL, intent=intent)) for at_s, intent in (
        (100.0, "hurt"), (106.0, "help"), (112.0, "hurt"))] == ["", "", "need"]


def test_a_clock_that_was_set_back_ends_the_talk():
    assert why(amid_talk(), 20.0, understood=DOUBTFUL) == "need"


def test_without_a_sign_nothing_is_meant_for_the_robot():
    assert why(attention()) == ""


def test_where_no_way_is_asked_for_everything_is():
    assert why(Attention([], 20.0)) == "always"


def test_the_name_draws_it_for_this_wish_and_for_the_next():
    drawn = attention()
    assert why(drawn, 100.0, named=True) == "name"
    assert why(drawn, 115.0) == "name" and why(drawn, 123.0) == ""


@pytest.mark.parametrize("by", ["touch", "wake_word"])
def test_a_touch_or_a_wake_word_draws_it_before_the_wish_and_within_it(by):
    before, within, after = attention(), attention(), attention()
    before.drawn(by, 90.0), within.drawn(by, 101.0), after.drawn(by, 103.0)
    assert (why(before), why(within), why(after)) == (by, by, "")


def test_what_the_site_does_not_want_draws_nothing():
    drawn = attention("touch")
    for at_s in range(90, 103):
        drawn.seen(True, float(at_s))
    assert not drawn.drawn("wake_word", 99.0)
    assert why(drawn, named=True) == ""


@pytest.mark.parametrize(("spoke_s", "meant"), [(95.0, True), (79.0, False), (101.0, True)])
def test_who_was_just_talked_to_is_in_conversation_and_so_is_who_cuts_in(spoke_s, meant):
    assert bool(why(attention(), spoke_s=spoke_s)) == meant


def test_a_clock_that_was_set_back_gives_nobody_attention():
    drawn = attention()
    drawn.drawn("touch", 5000.0)
    for at_s in range(40):
        drawn.seen(True, 4990.0 + at_s / 4)
    assert why(drawn, 100.0, spoke_s=5000.0) == ""


def looked(*looks: tuple[float, float]) -> Attention:
    """Ten pictures a second from 90 to 110 s; somebody looks in these stretches."""
    drawn = attention()
    for tenth in range(900, 1100):
        drawn.seen(any(start <= tenth / 10 <= end for start, end in looks), tenth / 10)
    return drawn


def test_who_looks_while_speaking_means_the_robot():
    assert why(looked((99.2, 102.0))) == "look" and why(looked((99.0, 100.8))) == "look"


def test_a_glance_or_a_look_at_another_time_is_none():
    assert why(looked((100.2, 100.9))) == "" and why(looked((90.0, 98.9), (102.5, 110.0))) == ""


def test_one_picture_proves_no_look():
    drawn = attention()
    drawn.seen(True, 101.0)
    assert why(drawn) == ""


def test_a_look_across_a_large_room_is_for_somebody_else():
    assert looks_at((0.0, 0.0), (LOOK_WITHIN_M - 0.1, 0.0), [])
    assert not looks_at((0.0, 0.0), (LOOK_WITHIN_M + 0.1, 0.0), [])


def test_who_faces_the_robot_and_the_television_alike_watches_television():
    sofa, screen = (6.8, 3.3), televisions_of(load_site(resource("config/home.yaml")), "living_room")
    assert screen == [(6.8, 0.25)]
    assert not looks_at(sofa, (6.2, 1.0), screen)   # the robot stands beside the screen
    assert looks_at(sofa, (4.9, 2.0), screen)       # and here at her side
    assert televisions_of(load_site(resource("config/home.yaml")), "bedroom") == []
