"""The mission node: carries orders of the mission core out over ROS and brings back what happened.

Reads /falls, /people, /intents, /overheard, /alarms, /vital_signs, /lights/<id>/state; calls say, ask,
navigate_to_pose, find_person, dock_robot, raise_alarm, update_alarm, take_snapshot; publishes /mission, /doses,
/lights/<id>/set.
"""
from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import astuple
from functools import partial
from typing import Any

from action_msgs.msg import GoalStatus
from anban_interfaces.action import Ask, FindPerson, Say
from anban_interfaces.msg import Alarm, AlarmList, DoseRecord, Fall, Intent, People, Person, Slot, VitalSigns
from anban_interfaces.msg import Mission as MissionMessage
from anban_interfaces.srv import RaiseAlarm, TakeSnapshot, UpdateAlarm
from geometry_msgs.msg import Point, PoseStamped, PoseWithCovarianceStamped
from nav2_msgs.action import DockRobot, NavigateToPose
from pydantic import Field
from rclpy.action import ActionClient
from rclpy.clock import Clock, ClockType
from std_msgs.msg import Bool

from robot import ros
from robot.answers import EndReminder, Measured, Reminder, SetReminder, SwitchLights
from robot.grid import plan_grid
from robot.journal import Journal, JournalError, ReminderRow
from robot.music import library
from robot.site import PatrolStop, load_site
from robot.transforms import quaternion_from_yaw
from robot.viewpoints import room_looks, viewpoints

from . import behavior as b
from .arbiter import Order
from .mission import Mission, OpenAlarm
from .schedule import due_doses, due_rounds

POSTURES = {getattr(Person, name): name.removeprefix("POSTURE_").lower()
            for name in dir(Person) if name.startswith("POSTURE_")}
ON_FLOOR = (Person.POSTURE_LYING_ON_FLOOR, Person.POSTURE_SITTING_ON_FLOOR)
FALL_STATES = {Fall.STATE_SUSPECTED: "suspected", Fall.STATE_CONFIRMED: "confirmed",
               Fall.STATE_RECOVERED: "recovered"}
ALARM_STATES = {Alarm.STATE_RAISED: "raised", Alarm.STATE_ACKNOWLEDGED: "acknowledged",
                Alarm.STATE_RESOLVED: "resolved"}
PRIORITIES = {"notice": Alarm.PRIORITY_NOTICE, "low": Alarm.PRIORITY_LOW, "medium": Alarm.PRIORITY_MEDIUM,
              "high": Alarm.PRIORITY_HIGH}
ASK_OUTCOMES = {Ask.Result.ANSWERED: "answered", Ask.Result.SILENT: "silent",
                Ask.Result.NOT_UNDERSTOOD: "not_understood", Ask.Result.FAILED: "failed"}
# A round that was cut off is taken up again for so long; later its pictures of the rooms would mislead.
ROUND_RESUME_S = 1800.0
KEEP_READINGS_S = 60.0     # between two writes of one device's readings to the journal
READINGS = "readings/"     # and the resident: the fact of the journal that holds them
DOSE_OUTCOMES = {"confirmed": DoseRecord.CONFIRMED, "refused": DoseRecord.REFUSED,
                 "unanswered": DoseRecord.UNANSWERED, "missed": DoseRecord.MISSED}


class MissionParameters(ros.NodeParameters):
    journal: str = Field("", description="path of the journal file")
    patrol: bool = Field(True, description="go on the site's patrol rounds")


class MissionNode(ros.CareNode):
    NAME = "mission"
    Parameters = MissionParameters

    def setup(self) -> None:
        self._site = load_site(self.params.site)
        self._journal = Journal(self.params.journal)
        self._grid = plan_grid(self._site)
        if (folder := self._site.music.folder) and not library(folder):
            self.report("music", "warn", f"no sound files can be read in {folder}; put some there (wav, flac, ogg, "
                        "opus, mp3, m4a) and start again, or leave out `music: folder:`; the robot hums meanwhile")
        self._here: tuple[float, float] | None = None      # the robot on the map [m]
        self._mission = Mission(self._site, self._viewpoints, self._looks)
        self._read_reminders()
        self._readings_kept_s: dict[str, float] = {}   # by device
        for resident in self._site.residents:
            kept = json.loads(self._journal.fact(f"{READINGS}{resident.id}", "{}"))
            self._mission.readings[resident.id] = {code: Measured(*values) for code, values in kept.items()}
        self._running: dict[b.Behavior, list[Any]] = {}   # goal handles of each behaviour
        self._alarm_states: dict[str, str] = {}
        self._scheduled_until_s: float | None = None
        self._shown: tuple | None = None

        self._mission_topic = self.create_publisher(MissionMessage, "mission", ros.LATCHED)
        self._doses = self.create_publisher(DoseRecord, "doses", ros.EVENT)
        self.create_subscription(Fall, "falls", self._on_fall, ros.EVENT)
        self.create_subscription(People, "people", self._on_people, ros.STREAM)
        self.create_subscription(Intent, "intents", self._on_intent, ros.EVENT)
        self.create_subscription(Intent, "overheard", self._on_overheard, ros.EVENT)
        self.create_subscription(AlarmList, "alarms", self._on_alarms, ros.LATCHED)
        self.create_subscription(PoseWithCovarianceStamped, "/amcl_pose", self._on_pose, ros.LATCHED)
        self._raise = self.create_client(RaiseAlarm, "raise_alarm")
        self._update = self.create_client(UpdateAlarm, "update_alarm")
        self._calls = ros.ReliableCalls(self)
        self._snapshot = self.create_client(TakeSnapshot, "take_snapshot")
        self._say = ActionClient(self, Say, "say")
        self._ask = ActionClient(self, Ask, "ask")
        self._navigate = ActionClient(self, NavigateToPose, "navigate_to_pose")
        self._find = ActionClient(self, FindPerson, "find_person")
        self._dock = ActionClient(self, DockRobot, "dock_robot")
        self._lights = {}
        for light in self._site.lights:
            self._lights[light.id] = self.create_publisher(Bool, f"lights/{light.id}/set", ros.EVENT)
            self.create_subscription(Bool, f"lights/{light.id}/state", partial(self._on_light, light.id), ros.LATCHED)
        self.create_subscription(VitalSigns, "vital_signs", self._on_vital_signs, ros.EVENT)
        self.create_timer(0.1, self._tick)

    def teardown(self) -> None:
        self._journal.close()

    # --- what comes in ----------------------------------------------------------------------------------------------
    def _on_fall(self, message: Fall) -> None:
        fall = b.FallSeen(message.fall_id, FALL_STATES[message.state], _person(message.person), message.confidence,
                          ros.seconds(message.began), tuple(message.evidence))
        self._obey(self._mission.on_fall(fall, self.now_s))

    def _on_people(self, message: People) -> None:
        self._obey(self._mission.on_people([_person(p) for p in message.people], self.now_s, message.blind))

    def _on_pose(self, message: PoseWithCovarianceStamped) -> None:
        self._here = self._mission.place = (message.pose.pose.position.x, message.pose.pose.position.y)

    def _on_intent(self, message: Intent) -> None:
        self._obey(self._mission.on_heard(_heard(message), self.now_s))

    def _on_overheard(self, message: Intent) -> None:
        self._obey(self._mission.on_overheard(_heard(message), self.now_s))

    def _on_light(self, light_id: str, message: Bool) -> None:
        self._obey(self._mission.on_light(b.LightSeen(light_id, message.data), self.now_s))

    def _on_vital_signs(self, message: VitalSigns) -> None:
        """The newest are kept over a restart, written down now and then: a mattress measures every few seconds."""
        at_s, resident_id = ros.seconds(message.header.stamp), message.resident_id
        newest = self._mission.readings.setdefault(resident_id, {})
        newest.update({r.code: Measured(r.value, r.unit, at_s) for r in message.readings})
        if resident_id and at_s - self._readings_kept_s.get(message.device_id, 0.0) >= KEEP_READINGS_S:
            self._readings_kept_s[message.device_id] = at_s
            self._write(lambda: self._journal.set_fact(f"{READINGS}{resident_id}", json.dumps(
                {code: astuple(measured) for code, measured in newest.items()})))

    def _on_alarms(self, message: AlarmList) -> None:
        for alarm in message.alarms:
            state = ALARM_STATES[alarm.state]
            if self._alarm_states.get(alarm.alarm_id) == state:
                continue
            known = alarm.alarm_id in self._alarm_states
            self._alarm_states[alarm.alarm_id] = state
            self._obey(self._mission.on_alarm(b.AlarmChanged(alarm.alarm_id, state, alarm.acknowledged_by), self.now_s))
            if not known:
                priority = next(name for name, value in PRIORITIES.items() if value == alarm.priority)
                self._obey(self._mission.on_open_alarm(
                    OpenAlarm(alarm.alarm_id, alarm.kind, state, priority, alarm.resident_id), self.now_s))

    def _tick(self) -> None:
        now_s = self.now_s
        if now_s <= 0.0:
            return  # the clock has not started
        for action in [action for actions in self._running.values() for action in actions]:
            action.look_after()
        self._schedule(now_s)
        self._obey(self._mission.tick(now_s))
        self._show()

    def _schedule(self, now_s: float) -> None:
        """Doses and rounds that have become due; after a start, also those that were under way."""
        starting = self._scheduled_until_s is None or now_s < self._scheduled_until_s
        if not starting and now_s - self._scheduled_until_s < 1.0:
            return
        windows = [plan.window_min * 60.0 for plan in self._site.medication]
        since_s = now_s - max(windows, default=0.0) if starting else self._scheduled_until_s
        try:
            for due in due_doses(self._site, since_s, now_s):
                row = self._journal.dose(due.dose_id)
                if due.latest_s > now_s and not (row and row.closed):
                    self._obey(self._mission.on_due_dose(due, row.announcements if row else 0, now_s))
            for due in self._rounds(now_s - ROUND_RESUME_S if starting else since_s, now_s):
                self._journal.start_patrol(due.round_id, due.due_s)
                progress = self._journal.patrol_progress(due.round_id)
                if progress.ended_s is None:
                    next_stop = max((stop.stop + 1 for stop in progress.stops), default=0)
                    self._obey(self._mission.on_due_round(due, next_stop, now_s))
        except JournalError as error:
            self.report("journal", "error", str(error))
            return
        self._scheduled_until_s = now_s

    # --- what goes out ----------------------------------------------------------------------------------------------
    def _obey(self, orders: list[Order]) -> None:
        if orders:
            self._show()  # first, so that who hears the robot speak knows what for
        for order in orders:
            self.get_logger().info(f"{order.behavior!r}: {order.command}")
            getattr(self, f"_do_{type(order.command).__name__}")(order.behavior, order.command)

    def _do_Say(self, behavior: b.Behavior, command: b.Say) -> None:
        goal = Say.Goal(resident_id=behavior.resident_id, phrase=command.phrase, slots=_slots(command.slots))
        self._start(behavior, command, self._say, goal)

    def _do_Ask(self, behavior: b.Behavior, command: b.Ask) -> None:
        goal = Ask.Goal(resident_id=behavior.resident_id, phrase=command.phrase, slots=_slots(command.slots),
                        expected=list(command.expected), attempts=command.attempts, wait_s=command.wait_s)
        self._start(behavior, command, self._ask, goal)

    def _do_GoTo(self, behavior: b.Behavior, command: b.GoTo) -> None:
        goal = NavigateToPose.Goal(pose=self._pose(command.x, command.y, command.yaw))
        self._start(behavior, command, self._navigate, goal)

    def _do_FindPerson(self, behavior: b.Behavior, command: b.FindPerson) -> None:
        goal = FindPerson.Goal(resident_id=behavior.resident_id, rooms=list(command.rooms), timeout_s=command.timeout_s)
        self._start(behavior, command, self._find, goal)

    def _do_Dock(self, behavior: b.Behavior, command: b.Dock) -> None:
        goal = DockRobot.Goal(use_dock_id=True, dock_id=self._site.robot.docks[0].id)
        self._start(behavior, command, self._dock, goal)

    def _do_CancelActions(self, behavior: b.Behavior, command: b.CancelActions) -> None:
        for running in self._running.pop(behavior, []):
            running.cancel()

    def _do_RaiseAlarm(self, behavior: b.Behavior, command: b.RaiseAlarm) -> None:
        room, detail = command.room, command.detail
        if not room and (here := self._site.room_at(*self._here) if self._here else None):
            # Staff must have somewhere to go.
            room, detail = here.id, "; ".join(filter(None, (detail, "the room is where the robot is")))
        alarm = Alarm(alarm_id=command.alarm_id, kind=command.kind, priority=PRIORITIES[command.priority],
                      state=Alarm.STATE_RAISED, resident_id=behavior.resident_id, room=room,
                      occurred_at=ros.stamp(command.occurred_s), words=command.words, detail=detail,
                      confidence=float(command.confidence))
        alarm.header.stamp = self.get_clock().now().to_msg()
        alarm.header.frame_id = "map"
        if command.position:
            alarm.position = Point(x=command.position[0], y=command.position[1], z=command.position[2])
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

    def _do_ResolveAlarm(self, behavior: b.Behavior, command: b.ResolveAlarm) -> None:
        self._calls.call(self._update, UpdateAlarm.Request(
            alarm_id=command.alarm_id, action=UpdateAlarm.Request.RESOLVE, by="robot", note=command.note))

    def _do_AnnounceDose(self, behavior: Any, command: b.AnnounceDose) -> None:
        self._write(lambda: self._journal.announce_dose(behavior.dose_id, behavior.plan_id, behavior.resident_id,
                                                        behavior.due_s, self.now_s))

    def _do_RecordDose(self, behavior: Any, command: b.RecordDose) -> None:
        self._write(lambda: self._journal.record_dose(
            behavior.dose_id, behavior.plan_id, behavior.resident_id, command.outcome, behavior.due_s,
            command.announcements, self.now_s, command.words))
        record = DoseRecord(dose_id=behavior.dose_id, plan_id=behavior.plan_id, resident_id=behavior.resident_id,
                            outcome=DOSE_OUTCOMES[command.outcome], announcements=command.announcements,
                            words=command.words, due=ros.stamp(behavior.due_s))
        record.header.stamp = self.get_clock().now().to_msg()
        self._doses.publish(record)

    def _do_SwitchLights(self, behavior: b.Behavior, deed: SwitchLights) -> None:
        for light in deed.lights:
            self._lights[light].publish(Bool(data=deed.on))

    def _do_SetReminder(self, behavior: b.Behavior, deed: SetReminder) -> None:
        self._mission.reminders[deed.reminder.reminder_id] = deed.reminder
        self._write(lambda: self._journal.set_reminder(ReminderRow(*astuple(deed.reminder))))

    def _do_EndReminder(self, behavior: b.Behavior, deed: EndReminder) -> None:
        self._mission.reminders.pop(deed.reminder_id, None)
        self._write(lambda: self._journal.end_reminder(deed.reminder_id, deed.outcome, self.now_s))

    def _read_reminders(self) -> None:
        """Those that were set before a restart, of residents who still live here."""
        here = {resident.id for resident in self._site.residents}
        self._mission.reminders = {row.reminder_id: Reminder(*astuple(row)) for row in self._journal.open_reminders()
                                   if row.resident_id in here}

    def _do_RecordStop(self, behavior: Any, command: b.RecordStop) -> None:
        self._write(lambda: self._journal.stop_done(behavior.round_id, command.index, self.now_s,
                                                    "missed" if command.problem else "visited", command.problem))

    def _do_RecordRound(self, behavior: Any, command: b.RecordRound) -> None:
        self._write(lambda: self._journal.end_patrol(behavior.round_id, self.now_s, command.outcome))

    def _write(self, write: Callable[[], Any]) -> None:
        """Write to the journal; care goes on without it, and diagnostics say so."""
        try:
            write()
        except JournalError as error:
            self.report("journal", "error", str(error))
        else:
            self.report("journal", "ok", "written")

    # --- plumbing ---------------------------------------------------------------------------------------------------
    def _start(self, behavior: b.Behavior, command: b.Command, client: ActionClient, goal: Any) -> None:
        """Send a goal; its result goes back to the behaviour unless it was cancelled meanwhile."""
        self._running.setdefault(behavior, []).append(_Action(self, behavior, command, client, goal))

    def action_done(self, action: _Action, done: b.ActionDone) -> None:
        self._running[action.behavior].remove(action)
        self._obey(self._mission.on_done(action.behavior, done, self.now_s))
        self._show()

    def _rounds(self, after_s: float, until_s: float) -> list[Any]:
        return due_rounds(self._site, after_s, until_s) if self.params.patrol else []

    def _viewpoints(self, person: b.PersonSeen) -> list[tuple[float, float, float]]:
        if self._here is None:
            return []
        return viewpoints(self._grid, person.head, person.position, self._here)

    def _looks(self, stop: PatrolStop) -> list[float]:
        x, y, degrees = stop.at
        return room_looks(self._grid, self._site.room(stop.room), (x, y, math.radians(degrees)),
                          self._site.robot.camera)

    def _pose(self, x: float, y: float, yaw: float) -> PoseStamped:
        pose = PoseStamped()
        pose.header.frame_id = "map"
        pose.header.stamp = self.get_clock().now().to_msg()
        pose.pose.position.x, pose.pose.position.y = float(x), float(y)
        _, _, pose.pose.orientation.z, pose.pose.orientation.w = quaternion_from_yaw(yaw)
        return pose

    def _show(self) -> None:
        """Publish /mission when it changed."""
        active, waiting = self._mission.arbiter.active, self._mission.arbiter.waiting
        shown = (active.TASK, active.state, active.why, active.resident_id, active.PRIORITY) if active else (
            "idle", "idle", "", "", 0)
        if self._shown == (shown, tuple(w.TASK for w in waiting)):
            return
        self._shown = (shown, tuple(w.TASK for w in waiting))
        message = MissionMessage(task=shown[0], state=shown[1], why=shown[2], resident_id=shown[3], priority=shown[4],
                                 waiting=[w.TASK for w in waiting])
        message.header.stamp = self.get_clock().now().to_msg()
        self._mission_topic.publish(message)


class _Action:
    """One goal on its way: waiting for its server, sent, accepted, ended or cancelled."""
    # A goal is accepted within milliseconds, on a machine at its limit within seconds; one without an answer went to a
    # server that is no more. Time of the machine, not of the robot: a simulation may leap.
    RETRY_S = 6.0
    CLOCK = Clock(clock_type=ClockType.STEADY_TIME)

    def __init__(self, node: MissionNode, behavior: b.Behavior, command: b.Command, client: ActionClient,
                 goal: Any) -> None:
        self.node, self.behavior, self.command = node, behavior, command
        self._client, self._goal = client, goal
        self._handle: Any = None
        self._sent_s: float | None = None
        self._cancelled = False
        self.look_after()

    def look_after(self) -> None:
        """Send the goal when its server is there, and again when nobody answered."""
        now_s = self.CLOCK.now().nanoseconds / 1e9
        waiting = self._sent_s is not None and now_s - self._sent_s < self.RETRY_S
        if self._handle is None and not self._cancelled and not waiting and self._client.server_is_ready():
            self._sent_s = now_s
            self._client.send_goal_async(self._goal).add_done_callback(self._accepted)

    def cancel(self) -> None:
        self._cancelled = True
        if self._handle is not None:
            self._handle.cancel_goal_async()

    def _accepted(self, future: Any) -> None:
        if self._handle is not None:  # a repeated goal whose first answer was only late
            future.result().cancel_goal_async()
            return
        self._handle = future.result()
        if not self._handle.accepted:
            self._end(b.ActionDone(self.command, False, "refused", outcome="failed"))
        elif self._cancelled:
            self._handle.cancel_goal_async()
        else:
            self._handle.get_result_async().add_done_callback(self._finished)

    def _finished(self, future: Any) -> None:
        status, result = future.result().status, future.result().result
        success = status == GoalStatus.STATUS_SUCCEEDED and getattr(result, "success", True)
        message = getattr(result, "message", "") or getattr(result, "error_msg", "")
        done = b.ActionDone(self.command, success, message)
        if isinstance(self.command, b.Ask):
            done = b.ActionDone(self.command, success, message, ASK_OUTCOMES.get(result.outcome, "failed"),
                                result.intent, result.heard, _pairs(result.slots))
        elif isinstance(self.command, b.FindPerson) and success:
            done = b.ActionDone(self.command, success, message, person=_person(result.person))
        self._end(done)

    def _end(self, done: b.ActionDone) -> None:
        if not self._cancelled:
            self.node.action_done(self, done)


def _person(message: Person) -> b.PersonSeen:
    point = (message.position.x, message.position.y, message.position.z) if message.position_valid else None
    head = (message.head.x, message.head.y, message.head.z) if message.position_valid else None
    return b.PersonSeen(message.track_id, message.resident_id, point, head, message.room,
                        POSTURES.get(message.posture, "unknown"), message.posture in ON_FLOOR, message.visible,
                        message.face_visible)


def _heard(message: Intent) -> b.Heard:
    return b.Heard(message.intent, message.text, message.call_for_help, _pairs(message.slots), message.confidence)


def _pairs(slots: list[Slot]) -> tuple[tuple[str, str], ...]:
    return tuple((slot.name, slot.value) for slot in slots)


def _slots(slots: tuple[tuple[str, str], ...]) -> list[Slot]:
    return [Slot(name=name, value=value) for name, value in slots]
