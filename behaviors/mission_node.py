"""The mission node: carries orders of the mission core out over ROS and brings back what happened.

Reads /falls, /people, /intents, /overheard, /alarms, /vital_signs, /lights/<id>/state; calls say, ask,
navigate_to_pose, find_person, dock_robot, raise_alarm, update_alarm, take_snapshot; publishes /mission, /doses,
/lights/<id>/set.
"""
from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from anban_interfaces.action import Ask, FindPerson, Say
from anban_interfaces.msg import Alarm, AlarmList, DoseRecord, Fall, Intent, People, VitalSigns
from anban_interfaces.msg import Mission as MissionMessage
from anban_interfaces.srv import RaiseAlarm, TakeSnapshot, UpdateAlarm
from geometry_msgs.msg import PoseWithCovarianceStamped
from nav2_msgs.action import DockRobot, NavigateToPose
from pydantic import Field
from rclpy.action import ActionClient
from rclpy.clock import Clock, ClockType
from std_msgs.msg import Bool

from robot import ros
from robot.answers import SwitchLights
from robot.journal import Journal
from robot.journal_file import JournalError
from robot.music import library
from robot.site import load_site

from . import behavior as b
from . import messages
from .agenda import Agenda
from .arbiter import Order
from .goal import Goal
from .memory import KEPT, Memory
from .mission import Mission
from .surroundings import Surroundings


class MissionParameters(ros.NodeParameters):
    journal: str = Field("", description="path of the journal file")
    patrol: bool = Field(True, description="go on the site's patrol rounds")


class MissionNode(ros.CareNode):
    NAME = "mission"
    Parameters = MissionParameters
    _STEADY = Clock(clock_type=ClockType.STEADY_TIME)

    def setup(self) -> None:
        self._site = load_site(self.params.site)
        self._journal = Journal(self.params.journal)
        self._agenda, self._memory = Agenda(self._site, self._journal), Memory(self._site, self._journal)
        self._around = Surroundings(self._site)
        self._mission = Mission(self._site, self._around.viewpoints, self._around.looks)
        self._situation, self._requests = self._mission.situation, self._mission.requests
        self._situation.reminders.to_come = self._memory.reminders()
        self._situation.readings, self._situation.taken = self._memory.readings(), self._memory.taken()
        self._requests.further = self._memory.wishes()
        self._further = list(self._requests.further)  # as the journal has them
        self._goals: dict[b.Behavior, list[Goal]] = {}  # on their way
        self._shown: tuple | None = None
        if (folder := self._site.music.folder) and not library(folder):
            self.report("music", "warn", f"no sound files can be read in {folder}; put some there (wav, flac, ogg, "
                        "opus, mp3, m4a) and start again, or leave out `music: folder:`; the robot hums meanwhile")

        self._mission_topic = self.create_publisher(MissionMessage, "mission", ros.LATCHED)
        self._doses = self.create_publisher(DoseRecord, "doses", ros.EVENT)
        self.create_subscription(Fall, "falls", self._on_fall, ros.EVENT)
        self.create_subscription(People, "people", self._on_people, ros.STREAM)
        self.create_subscription(Intent, "intents", self._on_intent, ros.EVENT)
        self.create_subscription(Intent, "overheard", self._on_overheard, ros.EVENT)
        self.create_subscription(AlarmList, "alarms", self._on_alarms, ros.LATCHED)
        self.create_subscription(PoseWithCovarianceStamped, "/amcl_pose", self._on_pose, ros.LATCHED)
        self.create_subscription(VitalSigns, "vital_signs", self._on_vital_signs, ros.EVENT)
        self._raise = self.create_client(RaiseAlarm, "raise_alarm")
        self._update = self.create_client(UpdateAlarm, "update_alarm")
        self._calls = ros.ReliableCalls(self)
        self._snapshot = self.create_client(TakeSnapshot, "take_snapshot")
        self._actions = {b.Say: ActionClient(self, Say, "say"), b.Ask: ActionClient(self, Ask, "ask"),
                         b.GoTo: ActionClient(self, NavigateToPose, "navigate_to_pose"),
                         b.FindPerson: ActionClient(self, FindPerson, "find_person"),
                         b.Dock: ActionClient(self, DockRobot, "dock_robot")}
        self._lights = {}
        for light in self._site.lights:
            self._lights[light.id] = self.create_publisher(Bool, f"lights/{light.id}/set", ros.EVENT)
            self.create_subscription(Bool, f"lights/{light.id}/state", partial(self._on_light, light.id), ros.LATCHED)
        self.create_timer(0.1, self._tick)

    def teardown(self) -> None:
        self._journal.close()

    # --- what comes in ----------------------------------------------------------------------------------------------
    def _on_fall(self, message: Fall) -> None:
        self._obey(self._mission.on_fall(messages.fall_seen(message), self.now_s))

    def _on_people(self, message: People) -> None:
        people = [messages.person_seen(person) for person in message.people]
        self._obey(self._mission.on_people(people, self.now_s, message.blind))

    def _on_pose(self, message: PoseWithCovarianceStamped) -> None:
        self._around.here = self._situation.place = (message.pose.pose.position.x, message.pose.pose.position.y)

    def _on_intent(self, message: Intent) -> None:
        self._obey(self._mission.on_heard(messages.heard(message), self.now_s))

    def _on_overheard(self, message: Intent) -> None:
        self._obey(self._mission.on_overheard(messages.heard(message), self.now_s))

    def _on_light(self, light_id: str, message: Bool) -> None:
        self._obey(self._mission.on_light(b.LightSeen(light_id, message.data), self.now_s))

    def _on_vital_signs(self, message: VitalSigns) -> None:
        newest = self._situation.measured(message.resident_id, messages.measured(message))
        self._write(lambda: self._memory.keep_readings(message.resident_id, message.device_id, newest,
                                                       ros.seconds(message.header.stamp)))

    def _on_alarms(self, message: AlarmList) -> None:
        for alarm in message.alarms:
            self._obey(self._mission.on_alarm_seen(messages.alarm_seen(alarm), self.now_s))

    def _tick(self) -> None:
        now_s = self.now_s
        if now_s <= 0.0:
            return  # the clock has not started
        steady_s = self._steady_s
        for goal in [goal for goals in self._goals.values() for goal in goals]:
            goal.look_after(steady_s)
        try:
            self._take_on_what_is_due(now_s)
        except JournalError as error:
            self.report("journal", "error", str(error))
        self._obey(self._mission.tick(now_s))
        self._show()

    def _take_on_what_is_due(self, now_s: float) -> None:
        for dose, announcements in self._agenda.doses(now_s):
            self._obey(self._mission.on_due_dose(dose, announcements, now_s))
        for due, next_stop in self._agenda.rounds(now_s) if self.params.patrol else ():
            self._write(partial(self._memory.begin_round, due.round_id, due.due_s))
            self._obey(self._mission.on_due_round(due, next_stop, now_s))

    # --- what goes out ----------------------------------------------------------------------------------------------
    def _obey(self, orders: list[Order]) -> None:
        if orders:
            self._show()  # first, so that who hears the robot speak knows what for
        for order in orders:
            self.get_logger().info(f"{order.behavior!r}: {order.command}")
            self._carry_out(order.behavior, order.command)
        if self._requests.further != self._further:  # only now: what was done twice is better than what was lost
            self._further = list(self._requests.further)
            self._write(lambda: self._memory.keep_wishes(self._further))

    def _carry_out(self, task: b.Behavior, command: Any) -> None:
        if isinstance(command, KEPT):
            self._situation.take_note(command)
            self._write(lambda: self._memory.keep(task, command, self.now_s))
        match command:
            case b.CancelActions():
                for goal in self._goals.pop(task, []):
                    goal.cancel()
            case b.RaiseAlarm():
                self._raise_alarm(task.resident_id, self._mission.with_room(command))
            case b.ResolveAlarm():
                self._calls.call(self._update, UpdateAlarm.Request(
                    alarm_id=command.alarm_id, action=UpdateAlarm.Request.RESOLVE, by="robot", note=command.note))
            case b.RecordDose():
                self._situation.dose_recorded(task.plan_id, command, self.now_s)
                self._doses.publish(messages.dose_record(task, command, ros.stamp(task.due_s), self._now))
            case SwitchLights():
                for light in command.lights:
                    self._lights[light].publish(Bool(data=command.on))
            case _ if type(command) in self._actions:
                self._send(task, command)
            case _ if not isinstance(command, KEPT):
                raise TypeError(f"nobody carries out {command}")

    def _send(self, task: b.Behavior, command: b.Command) -> None:
        """Send a goal; its result goes back to the behaviour unless it is cancelled first."""
        def ended(status: int | None, result: Any) -> None:
            self._goals[task].remove(goal)
            self._obey(self._mission.on_done(task, messages.action_done(command, status, result), self.now_s))
            self._show()

        message = messages.goal(command, task, self._site.robot.docks[0].id, self._now)
        goal = Goal(self._actions[type(command)], message, ended)
        self._goals.setdefault(task, []).append(goal)
        goal.look_after(self._steady_s)

    def _raise_alarm(self, resident_id: str, command: b.RaiseAlarm) -> None:
        alarm = messages.alarm(command, resident_id, ros.stamp(command.occurred_s), self._now)
        self._calls.call(self._raise, RaiseAlarm.Request(alarm=alarm))
        if command.snapshot_track and self._snapshot.service_is_ready():
            # The picture follows as an addition to the same alarm: an alarm never waits for it.
            future = self._snapshot.call_async(TakeSnapshot.Request(track_id=command.snapshot_track))
            future.add_done_callback(lambda f: self._add_picture(alarm, f.result()))

    def _add_picture(self, alarm: Alarm, answer: TakeSnapshot.Response) -> None:
        if answer.success:
            alarm.snapshot = answer.image
            self._calls.call(self._raise, RaiseAlarm.Request(alarm=alarm))
        else:
            self.get_logger().warning(f"no picture for the alarm: {answer.message}")

    def _write(self, write: Callable[[], None]) -> None:
        """Write to the journal; care goes on without it, and diagnostics say so."""
        try:
            write()
        except JournalError as error:
            self.report("journal", "error", str(error))
        else:
            self.report("journal", "ok", "written")

    def _show(self) -> None:
        """Publish /mission when it changed."""
        active, waiting = self._mission.arbiter.active, [task.TASK for task in self._mission.arbiter.waiting]
        shown = (active.TASK, active.state, active.why, active.resident_id, active.PRIORITY) if active else (
            "idle", "idle", "", "", 0)
        if self._shown == (shown, waiting):
            return
        self._shown = (shown, waiting)
        message = MissionMessage(task=shown[0], state=shown[1], why=shown[2], resident_id=shown[3], priority=shown[4],
                                 waiting=waiting)
        message.header.stamp = self._now
        self._mission_topic.publish(message)

    # --- time -------------------------------------------------------------------------------------------------------
    @property
    def _now(self) -> Any:
        return self.get_clock().now().to_msg()

    @property
    def _steady_s(self) -> float:
        return self._STEADY.now().nanoseconds * 1e-9
