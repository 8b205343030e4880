"""The mission node over real DDS, beside the real alarms node and a voice that answers as the test says."""
import os
import signal
import subprocess
import sys
import time
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
import rclpy
import yaml
from anban_interfaces.action import Ask
from anban_interfaces.msg import Alarm, AlarmList, DoseRecord, Fall, Intent, Mission, Slot
from anban_interfaces.srv import UpdateAlarm
from rclpy.executors import SingleThreadedExecutor
from rclpy.task import Future

from robot import ros
from robot.journal import Journal
from robot.music import melodies
from robot.reminder import Reminder

from .peers import Peers, fall

HOME = Path(__file__).parents[2] / "config" / "home.yaml"
WAIT_S = 90.0


def home_with(medication: list[dict], path: Path) -> Path:
    """The home without rounds and with these medicines only: what is due must not hang on the hour of the test."""
    tree = yaml.safe_load(HOME.read_text())
    tree["medication"], tree["patrols"], tree["site"]["timezone"] = medication, [], "UTC"
    path.write_text(yaml.safe_dump(tree, allow_unicode=True))
    return path


@pytest.fixture
def play(tmp_path):
    """Sets the stage: play(answers, site) -> Stage; at home with nothing due unless a site says otherwise."""
    rclpy.init()
    stages = []

    def play(answers, site=None):
        stages.append(Stage(tmp_path, answers, site or home_with([], tmp_path / "nothing_due.yaml")))
        return stages[-1]

    yield play
    for stage in stages:
        stage.close()
    rclpy.try_shutdown()


class Stage:
    """Peers and a listener in this process; the mission and alarms nodes in another."""

    def __init__(self, folder: Path, answers, site: Path) -> None:
        self.folder, self.site, self.alarms, self.doses = folder, site, {}, []
        self.history: list[tuple[int, int]] = []
        self.peers = Peers(answers)
        self.peers.create_subscription(AlarmList, "alarms", self._on_alarms, ros.LATCHED)
        self.peers.create_subscription(DoseRecord, "doses", self.doses.append, ros.EVENT)
        self.falls = self.peers.create_publisher(Fall, "falls", ros.EVENT)
        self.update = self.peers.create_client(UpdateAlarm, "update_alarm")
        self.executor = SingleThreadedExecutor()
        self.executor.add_node(self.peers)
        self.start()

    def start(self) -> None:
        self.gone = self._listeners()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "robot.compose", "robot.alarms_node:AlarmsNode",
             "behaviors.mission_node:MissionNode", "--ros-args", "-p", f"site:={self.site}",
             "-p", f"journal:={self.folder / 'journal.db'}"])

    def awake(self) -> bool:
        """Whether the node of the last start listens; for twenty seconds DDS believes that a killed one does."""
        return bool(self._listeners() - self.gone)

    def _listeners(self) -> set[tuple[int, ...]]:
        return {tuple(one.endpoint_gid) for one in self.peers.get_subscriptions_info_by_topic("falls")}

    def kill(self) -> None:
        os.kill(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def close(self) -> None:
        self.process.send_signal(signal.SIGINT)
        try:
            assert self.process.wait(timeout=60) == 0
        finally:
            self.process.kill()
        self.executor.shutdown()
        self.peers.destroy_node()

    def until(self, condition, what: str) -> None:
        deadline = time.monotonic() + WAIT_S
        while not condition():
            self.executor.spin_once(timeout_sec=0.1)
            assert time.monotonic() < deadline, f"waited {WAIT_S} s for: {what}"

    def acknowledge(self, alarm_id: str) -> None:
        """Acknowledge, again and again: for twenty seconds DDS believes that a killed server is still there."""
        sent_s = 0.0
        deadline = time.monotonic() + WAIT_S
        while self.alarms[alarm_id].state != Alarm.STATE_ACKNOWLEDGED:
            if time.monotonic() - sent_s > 1.0:
                sent_s = time.monotonic()
                self.update.call_async(UpdateAlarm.Request(
                    alarm_id=alarm_id, action=UpdateAlarm.Request.ACKNOWLEDGE, by="chen"))
            self.executor.spin_once(timeout_sec=0.1)
            assert time.monotonic() < deadline, "waited for the acknowledgement"

    def _on_alarms(self, message: AlarmList) -> None:
        for alarm in message.alarms:
            known = self.alarms.get(alarm.alarm_id)
            if known is None or (known.state, known.priority) != (alarm.state, alarm.priority):
                self.history.append((alarm.priority, alarm.state))
            self.alarms[alarm.alarm_id] = alarm


def test_a_fall_goes_from_notice_to_high_alarm_with_words_and_picture_and_is_acknowledged_aloud(play):
    stage = play([(Ask.Result.ANSWERED, "help", "help me, I cannot get up")])
    stage.until(stage.awake, "the mission node")
    stage.peers.thinking = Future()
    stage.falls.publish(fall(Fall.STATE_SUSPECTED, time.time()))
    stage.falls.publish(fall(Fall.STATE_CONFIRMED, time.time()))
    stage.until(lambda: stage.history, "the notice")  # of two lists a moment apart DDS may keep the last only
    stage.peers.thinking.set_result(None)
    stage.until(lambda: any(a.snapshot.data for a in stage.alarms.values()), "an alarm with a picture")
    alarm, = stage.alarms.values()
    assert (alarm.kind, alarm.priority, alarm.room) == ("fall", Alarm.PRIORITY_HIGH, "bedroom")
    assert alarm.words == "help me, I cannot get up"
    assert stage.history[0] == (Alarm.PRIORITY_NOTICE, Alarm.STATE_RAISED)
    stage.acknowledge(alarm.alarm_id)
    stage.until(lambda: "fall.nurse_coming" in stage.peers.said, "the resident to be told")
    assert stage.peers.said.index("fall.help_coming") < stage.peers.said.index("fall.nurse_coming")


def test_after_kill_9_the_open_alarm_is_taken_up_and_not_doubled(play):
    stage = play([(Ask.Result.SILENT, "", "")])
    stage.until(stage.awake, "the mission node")
    stage.falls.publish(fall(Fall.STATE_SUSPECTED, time.time()))
    stage.until(lambda: any(a.priority == Alarm.PRIORITY_HIGH for a in stage.alarms.values()), "a high alarm")
    stage.kill()
    stage.peers.said.clear()
    stage.start()
    alarm_id, = stage.alarms
    stage.acknowledge(alarm_id)
    assert list(stage.alarms) == [alarm_id]


@pytest.fixture
def dose_due_now(tmp_path):
    """The home, with a dose due this minute."""
    a_minute_ago = datetime.now(timezone.utc) - timedelta(minutes=1)
    medicine = yaml.safe_load(HOME.read_text())["medication"][0]
    return home_with([medicine | {"times": [f"{a_minute_ago:%H:%M}"], "repeat_after_s": 5}], tmp_path / "home.yaml")


def test_a_confirmed_dose_is_never_announced_again_after_kill_9(play, tmp_path, dose_due_now):
    stage = play([(Ask.Result.ANSWERED, "taken", "I have taken it")], dose_due_now)
    stage.until(lambda: stage.doses, "the dose to be recorded")
    stage.kill()
    stage.peers.said.clear()
    stage.start()
    stage.until(stage.awake, "the mission node again")
    stage.falls.publish(fall(Fall.STATE_SUSPECTED, time.time()))  # it works, and has had its time to schedule
    stage.until(lambda: "fall.ask" in stage.peers.said, "a sign of life")
    assert "medication.due" not in stage.peers.said
    with Journal(tmp_path / "journal.db") as journal:
        assert [d.announcements for d in [journal.dose(stage.doses[0].dose_id)]] == [1]


def test_a_dose_announced_but_unanswered_at_kill_9_is_asked_again_and_counted(play, tmp_path, dose_due_now):
    stage = play([], dose_due_now)
    stage.until(lambda: "medication.due" in stage.peers.said, "the announcement")
    stage.kill()
    stage.peers.said.clear()
    stage.peers.answers.append((Ask.Result.ANSWERED, "taken", "I have taken it"))
    stage.start()
    stage.until(lambda: stage.doses, "the dose to be recorded")
    assert stage.doses[0].outcome == DoseRecord.CONFIRMED and stage.doses[0].announcements == 2


def test_reminders_are_kept_over_kill_9_and_told_once_when_due(play, tmp_path):
    with Journal(tmp_path / "journal.db") as journal:
        journal.set_reminder(Reminder("due", "lin", time.time() - 5, "喝水"))
    stage = play([])
    stage.until(lambda: "reminder.due_of" in stage.peers.said, "the reminder")
    intents = stage.peers.create_publisher(Intent, "intents", ros.EVENT)
    stage.until(lambda: intents.get_subscription_count() > 0, "ears")
    tasks = []
    stage.peers.create_subscription(Mission, "mission", lambda message: tasks.append(message.task), ros.LATCHED)
    stage.until(lambda: "due" not in reminders(tmp_path) and tasks and tasks[-1] == "idle", "its end")
    intents.publish(Intent(intent="reminder_set", text="二十分钟后提醒我喝水", confidence=0.9,
                           slots=[Slot(name="minutes", value="20"), Slot(name="what", value="喝水")]))
    stage.until(lambda: "reminder.set_of" in stage.peers.said, "the answer")
    stage.kill()
    kept, = reminders(tmp_path).values()
    assert abs(kept.at_s - time.time() - 1200) < 60
    stage.start()
    stage.until(lambda: intents.publish(Intent(intent="reminder_list")) or "reminder.list" in stage.peers.said,
                "the list")


def test_a_reminder_that_a_call_for_help_broke_off_is_not_recorded_as_told_and_told_after_it(play, tmp_path):
    with Journal(tmp_path / "journal.db") as journal:
        journal.set_reminder(Reminder("due", "lin", time.time() - 5, "喝水"))
    stage = play([(Ask.Result.ANSWERED, "fine", "no, I am fine")])
    stage.peers.break_off.add("reminder.due_of")
    intents = stage.peers.create_publisher(Intent, "intents", ros.EVENT)
    stage.until(lambda: "reminder.due_of" in stage.peers.said, "the reminder")
    intents.publish(Intent(intent="help", text="help me", call_for_help=True, confidence=0.9))
    stage.until(lambda: "fall.glad" in stage.peers.said, "the answer to the call")
    assert "due" in reminders(tmp_path)
    stage.until(lambda: stage.peers.said.count("reminder.due_of") == 2, "the reminder again")
    stage.until(lambda: "due" not in reminders(tmp_path), "its end")


def test_a_wish_that_waited_for_an_answer_at_kill_9_is_passed_on_after_it(play, tmp_path):
    stage = play([])
    stage.until(stage.awake, "the mission node")
    intents = stage.peers.create_publisher(Intent, "intents", ros.EVENT)
    stage.until(lambda: intents.get_subscription_count() > 0, "ears")
    intents.publish(Intent(intent="reminder_set", text="提醒我浇花", confidence=0.9,
                           slots=[Slot(name="what", value="浇花")]))
    intents.publish(Intent(intent="service", text="我想喝茶", confidence=0.9,
                           slots=[Slot(name="service", value="drink"), Slot(name="further", value="1")]))
    stage.until(lambda: wishes(tmp_path), "the wish to be written down")
    assert not stage.alarms
    stage.kill()
    stage.start()
    stage.until(lambda: [alarm.kind for alarm in stage.alarms.values()] == ["request_drink"], "the notice")
    stage.until(lambda: not wishes(tmp_path), "the wish to be settled")


def test_music_is_announced_piece_by_piece_and_named_to_the_voice(play):
    stage = play([])
    stage.until(stage.awake, "the mission node")
    intents = stage.peers.create_publisher(Intent, "intents", ros.EVENT)
    stage.until(lambda: intents.get_subscription_count() > 0, "ears")
    intents.publish(Intent(intent="music", text="放点音乐", confidence=0.9))
    stage.until(lambda: stage.peers.said.count("music.next") == len(melodies()) - 1, "all melodies")
    assert stage.peers.said[0] == "music.hum"
    assert set(stage.peers.music) == {f"melody/{name}" for name in melodies()}


def wishes(folder):
    with Journal(folder / "journal.db") as journal:
        return journal.wishes()


def reminders(folder):
    with Journal(folder / "journal.db") as journal:
        return {row.reminder_id: row for row in journal.open_reminders()}
