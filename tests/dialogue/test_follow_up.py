"""What is said next belongs to what was said before; and what is asked of days, of the robot itself and of home."""
from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from dialogue.intents import load_sentences
from robot.answers import Known, answer
from robot.answers.calendar import easter

from .conftest import MONDAY_NOON


@pytest.mark.parametrize("language,said,told,kind,detail", [
    ("en", ["I need some shopping", "milk bread and cheese"], "milk bread", "request_shopping",
     "milk bread and cheese"),
    ("en", ["I need some shopping", "milk and eggs", "and the paper"], "the paper", "request_shopping",
     "and the paper"),
    ("zh", ["我想吃饭", "要红烧肉"], "红烧肉", "request_meal", "要红烧肉"),
    ("ja", ["買い物をお願いします", "牛乳とパン"], "牛乳とパン", "request_shopping", "牛乳とパン"),
    ("en", ["Leave a message for my son", "I'm fine"], "I'm fine", "tell_family", "son: I'm fine"),
    ("zh", ["给我女儿捎个话", "我很好"], "我很好", "tell_family", "女儿: 我很好"),
    ("ja", ["娘に伝言をお願い", "元気だからね"], "元気だからね", "tell_family", "娘さん: 元気だからね"),
    ("en", ["Tell my son I'm fine", "tell him I'm tired"], "your son", "tell_family", "son: tell him I'm tired"),
    ("en", ["Tell her I'm tired", "my daughter"], "your daughter", "tell_family", "daughter: Tell her I'm tired"),
    ("en", ["Tell my son I'm fine", "don't send that"], "no longer", "request_other",
     "don't send that (Tell my son I'm fine)"),
    ("en", ["I'd like a cup of tea", "actually cancel that"], "no longer", "request_other",
     "actually cancel that (I'd like a cup of tea)"),
    ("zh", ["告诉我女儿我很好", "别告诉她了"], "不要了", "request_other", "别告诉她了 (告诉我女儿我很好)"),
    ("ja", ["娘に元気だと伝えて", "やっぱり伝えないで"], "もうよい", "request_other",
     "やっぱり伝えないで (娘に元気だと伝えて)")])
def test_words_that_go_on_with_a_wish_reach_the_carers_with_it(say, language, said, told, kind, detail):
    for words in said:
        answered = say(words, language)
    assert told.lower() in answered.lower() or kind == "request_other" and answered
    assert [(deed.kind, deed.detail) for deed in say.talk.deeds] == [(kind, detail)]


@pytest.mark.parametrize("language,said,told", [
    ("en", ["I miss my husband", "his name was Arthur"], "Go on"), ("zh", ["我老伴去世了", "他叫建国，人特别好"], "说"),
    ("ja", ["主人に会いたい", "優しい人だったのよ"], "それで"),
    ("en", ["Tell my son I'm fine", "did you send it"], "passed on"), ("en", ["did you send it"], "nothing"),
    ("en", ["Where is the toilet?", "how do I get there"], "to the bathroom"),
    ("zh", ["今天星期几", "那明天呢"], "星期二"), ("ja", ["今日は何曜日", "じゃあ明日は"], "火曜日"),
    ("en", ["What time is it?", "what did I just ask you"], "What time is it?"),
    ("zh", ["几点了", "说慢点"], "慢"), ("en", ["What time is it?", "louder please"], "speak up"),
    ("en", ["Play some music", "turn it down a bit"], "softer"), ("en", ["Play some music", "stop the music"], "quiet"),
    ("zh", ["放点音乐", "别放了"], "不吵"), ("zh", ["讲个故事吧", "换一个"], "您还想听吗"),
    ("en", ["Let's do some exercises", "can we have a rest"], "your time"),
    ("ja", ["一緒に体操をしましょう", "ちょっと休ませて"], "ゆっくり")])
def test_what_is_said_next_is_understood_from_what_was_said_before(say, language, said, told):
    for words in said:
        answered = say(words, language)
    assert told in answered, answered


def test_what_is_said_much_later_belongs_to_nothing(say):
    say("I need some shopping")
    late = MONDAY_NOON + timedelta(minutes=1)
    say.talk.reply(load_sentences("en").understand("milk and bread"), "milk and bread", "en", late)
    assert not say.talk.deeds


@pytest.mark.parametrize("language,wish,other", [
    ("en", "Play some music", "next one"), ("zh", "放点音乐", "换一首"),
    ("ja", "音楽をかけて", "次の曲")])
def test_the_next_piece_is_another_one(say, language, wish, other):
    say(wish, language)
    first = say.talk.deeds[0].pieces[0]
    say(other, language)
    assert say.talk.deeds[0].pieces[0] != first


@pytest.mark.parametrize("language,text,told", [
    ("en", "Put something by Frank Sinatra on", "don't have"), ("zh", "唱一段京剧", "没有"),
    ("ja", "美空ひばりの歌をかけて", "持っていない"), ("en", "Play silent night", "don't have"),
    ("en", "Play Greensleeves", "hum you a tune: Greensleeves")])
def test_of_the_music_that_is_asked_for_it_says_whether_it_has_it(say, language, text, told):
    assert told in say(text, language) or "haven't got" in say(text, language)


# --- days -------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("language,text,told", [
    ("en", "When is Easter?", "Sunday, March 28"), ("en", "How many days till Christmas?", "32 days"),
    ("en", "What day's the twenty fifth", "Wednesday"), ("en", "Is it the weekend?", "No, "),
    ("en", "Is it Monday today?", "Yes, it's Monday"), ("en", "Tuesday, is it?", "No, "),
    ("en", "Is it morning already?", "12:05"), ("en", "Nine o'clock did you say?", "No, "),
    ("en", "When do the clocks change?", "don't change here"),
    ("zh", "国庆节是几号", "10月1日"), ("zh", "离过年还有多久", "农历"), ("zh", "这个月多少天", "30天"),
    ("zh", "天黑了没有", "12点"), ("zh", "今天是周五吧", "是11月23日"), ("ja", "クリスマスまであと何日", "32日"),
    ("ja", "今日は火曜日ですか", "いいえ"), ("ja", "もう朝ですか", "いいえ"), ("ja", "今月は何日まである", "30日"),
    ("en", "What time did I get up?", "carers"), ("en", "Is the nurse busy?", "carers"),
    ("en", "What's seven times eight?", "sums"), ("zh", "今天吃什么", "不知道")])
def test_of_days_it_tells_what_can_be_computed_and_says_what_it_does_not_know(say, language, text, told):
    assert told in (answered := say(text, language)), answered


@pytest.mark.parametrize("year,day", [(2024, (3, 31)), (2026, (4, 5)), (2027, (3, 28)), (2038, (4, 25))])
def test_easter(year, day):
    assert easter(year) == date(year, *day)


def test_clocks_change_where_the_zone_of_the_site_says_so(say):
    now = MONDAY_NOON.replace(tzinfo=ZoneInfo("Europe/London"))
    told = answer("date", Known(say.site, say.site.residents[0], now, "en", {"feast": "clocks"}))
    assert (told.phrase, told.slots["date"]) == ("dialogue.clocks", "Sunday, March 28")


@pytest.mark.parametrize("hour,minute,slots,right", [
    (12, 5, {"hour": "12"}, True), (14, 55, {"hour": "3"}, True), (12, 5, {"hour": "9"}, False),
    (3, 0, {"part": "morning"}, False), (9, 0, {"hour": "9", "part": "evening"}, False)])
def test_a_guessed_time_is_right_or_wrong(say, hour, minute, slots, right):
    known = Known(say.site, None, datetime(2026, 11, 23, hour, minute), "en", slots)
    assert answer("time", known).phrase == f"dialogue.guessed_{'right' if right else 'wrong_time'}"


# --- itself, home, and what troubles somebody -------------------------------------------------------------------------
@pytest.mark.parametrize("language,topic,texts", [
    ("en", "listens", ["Do you listen to everything I say?", "Who do you tell?"]),
    ("en", "secret", ["Can you keep a secret?"]), ("zh", "secret", ["你能保密吗"]), ("ja", "secret", ["秘密を守れる"]),
    ("en", "cannot", ["Can you dance?"]), ("zh", "cannot", ["你会做饭吗", "你会下象棋吗"]),
    ("ja", "cannot", ["将棋はできるの"]),
    ("en", "praised", ["You're a clever thing"]), ("zh", "praised", ["你真聪明"]),
    ("ja", "praised", ["あなたは賢いね"]),
    ("en", "insulted", ["You're useless"]), ("zh", "insulted", ["你真笨"]), ("ja", "insulted", ["この役立たず"]),
    ("en", "not_them", ["Are you my daughter?"]), ("zh", "not_them", ["你是小梅吧"]),
    ("ja", "not_them", ["あなたは娘かい"]),
    ("en", "confused", ["I've got to pick the children up from school"]), ("zh", "confused", ["我妈在家等我吃饭呢"]),
    ("ja", "confused", ["子供を迎えに行かないと", "母が待ってるの"]),
    ("en", "unwell", ["I slept badly"]), ("zh", "unwell", ["我昨晚没睡好", "便秘好几天了"]),
    ("ja", "unwell", ["眠れなかった"]),
    ("en", "missing", ["I miss my son"]), ("zh", "missing", ["我想儿子了"]), ("ja", "missing", ["息子に会いたい"]),
    ("en", "good_news", ["My granddaughter's had a baby"]), ("ja", "birthday", ["今日は私の誕生日なの"])])
def test_what_troubles_or_pleases_somebody_is_told_from_small_talk(language, topic, texts):
    for text in texts:
        assert load_sentences(language).understand(text).slots.get("topic") == topic, text


@pytest.mark.parametrize("language,text,yes,kind", [
    ("en", "I'm lonely", "Yes please", "call_family"), ("zh", "我想儿子了", "好的", "call_family"),
    ("en", "Who's that man in the corner?", "yes", "request_other"), ("ja", "財布を盗まれた", "はい", "request_other"),
    ("en", "Open the curtains", "yes", "request_other"), ("zh", "把电视打开", "好的", "request_other"),
    ("ja", "窓を開けて", "はい", "request_other"), ("en", "Put BBC one on", "yes", "request_other")])
def test_what_it_cannot_do_itself_it_offers_to_ask_for(say, language, text, yes, kind):
    assert say(text, language) and not say.talk.deeds
    say(yes, language)
    assert [(deed.kind, deed.detail) for deed in say.talk.deeds] == [(kind, text.strip("?"))]


@pytest.mark.parametrize("language,text,told", [
    ("en", "I'd like a cup of tea", "a cup of tea"), ("zh", "我想喝茶", "喝茶"), ("en", "I've wet the bed", "dry"),
    ("en", "My sugar was eleven point two", "eleven point two"), ("zh", "助听器没电了", "助听器没电了"),
    ("zh", "给我约周四下午的理发", "周四下午的理发"), ("zh", "灯太暗了", "调不了"), ("zh", "关灯，我要睡了", "灯"),
    ("en", "Switch off the lamp, I want to sleep", "light")])
def test_a_wish_is_said_back_as_it_was_meant(say, language, text, told):
    assert told in (answered := say(text, language)), answered


@pytest.mark.parametrize("language,wish,over", [
    ("en", "I'd like a cup of tea", "I've changed my mind"), ("zh", "我想喝茶", "我改主意了")])
def test_to_what_was_taken_back_nothing_is_added(say, language, wish, over):
    assert say(wish, language) and say(over, language) and say.talk.deeds
    say("grommit the snozz" if language == "en" else "把那个弄一下呗那边的", language)
    assert not say.talk.deeds


@pytest.mark.parametrize("language,wish,over,told", [
    ("en", "I need some shopping", "never mind", "no longer"), ("en", "I'd like a cup of tea", "No.", "no longer"),
    ("en", "I'd like a cup of tea", "no thank you", "no longer"), ("zh", "我想喝茶", "算了", "不要了"),
    ("zh", "我想喝茶", "不要了", "不要了"), ("ja", "お茶をください", "やっぱりいい", "もうよい"),
    ("ja", "買い物をお願いします", "やっぱりいらないです", "もうよい"), ("ja", "お茶をください", "いいえ", "もうよい")])
def test_no_right_after_a_wish_takes_it_back_and_a_second_no_does_nothing(say, language, wish, over, told):
    say(wish, language)
    assert told in say(over, language)
    assert [(deed.kind, wish in deed.detail) for deed in say.talk.deeds] == [("request_other", True)]
    assert not say("no" if language == "en" else "不" if language == "zh" else "いいえ", language)
    assert not say.talk.deeds


@pytest.mark.parametrize("language,wish,more,over", [
    ("en", "I need some shopping", "milk and eggs", "that's all"),
    ("en", "I need some shopping", "", "No, that's all."),
    ("en", "I need some shopping", "milk and eggs", "nothing else, thanks"),
    ("zh", "帮我买东西", "牛奶和面包", "就这些"), ("zh", "帮我买东西", "", "不用了，就这些"),
    ("ja", "買い物をお願いします", "牛乳とパン", "それだけです"),
    ("ja", "買い物をお願いします", "", "いいえ、それだけ")])
def test_who_has_said_all_takes_nothing_back_and_adds_nothing(say, language, wish, more, over):
    say(wish, language)
    if more:
        say(more, language)
    for words in (over, {"en": "the blue wotsit there", "zh": "牛奶和鸡腿", "ja": "りんごとバナナ"}[language]):
        say(words, language)
        assert not say.talk.deeds


@pytest.mark.parametrize("language,other", [
    ("en", "yes"), ("en", "I'm fine"), ("en", "What time is it?"), ("zh", "好的")])
def test_to_a_wish_nothing_is_added_once_something_else_was_said(say, language, other):
    say("I need some shopping" if language == "en" else "帮我买东西", language)
    say(other, language)
    say("milk bread and cheese" if language == "en" else "牛奶和面包", language)
    assert not say.talk.deeds


def test_a_wish_can_be_added_to_again_and_again_but_not_with_the_same_words(say):
    say("I need some shopping")
    for words in ("milk bread and cheese", "a dozen eggs", "and some marmalade", "and a packet of tea bags"):
        assert "that" in say(words) and [deed.detail for deed in say.talk.deeds] == [words]
    assert say("And a packet of tea bags.") and not say.talk.deeds


def test_what_did_you_say_does_not_end_a_wish(say):
    say("I need some shopping")
    say("What did you say?")
    say("milk bread and cheese")
    assert say.talk.deeds


def test_no_message_is_awaited_from_who_said_no(say):
    say("Leave a message for my son")
    say("no")
    say("I'm fine")
    assert not say.talk.deeds


def test_a_reading_with_a_point_is_not_cut_off():
    meant = load_sentences("en").understand("My sugar was eleven point two")
    assert (meant.slots["value"], meant.slots["tenths"]) == ("11", "2")


@pytest.mark.parametrize("text", ["跟护士说快来一下", "跟大夫说我胸口疼"])
def test_a_call_in_a_message_to_staff_remains_one(text):
    assert load_sentences("zh").understand(text).call_for_help
