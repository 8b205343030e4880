"""Finds a resident: serves /find_person, drives by /navigate_to_pose, looks by /people, asks the room sensors first.

A glimpse from the corner of the eye is not enough: the robot stops, turns to it and looks again.
"""
from __future__ import annotations

import math
from typing import Any

from action_msgs.msg import GoalStatus
from anban_interfaces.action import FindPerson
from anban_interfaces.msg import People, Person, RoomEvent
from geometry_msgs.msg import PoseWithCovarianceStamped
from nav2_msgs.action import NavigateToPose
from pydantic import Field
from rclpy.action import ActionClient, ActionServer, CancelResponse
from rclpy.task import Future

from robot.find_person import LastSeen, Sightings, looks, turn_to
from robot.grid import plan_grid
from robot.navigation_messages import pose_message
from robot.ros import EVENT, LATCHED, RELIABLE_STREAM, CareNode, NodeParameters, seconds, stamp
from robot.site import load_site
from robot.transforms import Pose2d, yaw_from_quaternion

SOMEBODY_IS_THERE = (RoomEvent.MOTION, RoomEvent.BED_ENTRY)


class Parameters(NodeParameters):
    look_frames: int = Field(8, ge=3, description="camera frames to look at after each turn")
    eyes_timeout_s: float = Field(5.0, gt=0, description="without /people for this long the search is given up")
    default_timeout_s: float = Field(180.0, gt=0, description="for goals that name none")


class FindPersonNode(CareNode):
    Parameters = Parameters
    NAME = "find_person"

    def setup(self) -> None:
        self._site = load_site(self.params.site)
        self._grid = plan_grid(self._site)
        self._last_seen: dict[str, LastSeen] = {}
        self._blind = ""  # why the eyes see nothing
        self._here: Pose2d | None = None
        self._search: _Search | None = None
        self.create_subscription(People, "/people", self._on_people, RELIABLE_STREAM)
        self.create_subscription(RoomEvent, "/room_events", self._on_room_event, EVENT)
        self.create_subscription(PoseWithCovarianceStamped, "/amcl_pose", self._on_pose, LATCHED)
        self._navigator = ActionClient(self, NavigateToPose, "/navigate_to_pose")
        self._server = ActionServer(self, FindPerson, "/find_person", self._find, cancel_callback=self._cancel)
        self._clock_tick = self.create_timer(0.25, self._watch_time, autostart=False)

    def stop(self) -> None:
        if self._search:
            self._search.end("the search is being stopped")

    def teardown(self) -> None:
        self._server.destroy()
        self._navigator.destroy()

    def _on_people(self, message: People) -> None:
        seen = [person for person in message.people if person.visible and person.resident_id]
        for person in seen:
            if person.position_valid and person.room:
                self._last_seen[person.resident_id] = LastSeen(person.room, (person.position.x, person.position.y))
        self._blind = f": {message.blind}" if message.blind else ""
        if self._search and not message.blind:
            self._search.frame(seen, seconds(message.header.stamp), self.now_s)

    def _on_room_event(self, message: RoomEvent) -> None:
        residents = self._site.residents
        whose = message.resident_id or (residents[0].id if len(residents) == 1 else "")
        known = self._last_seen.get(whose)
        if whose and message.kind in SOMEBODY_IS_THERE and (known is None or known.room != message.room):
            self._last_seen[whose] = LastSeen(message.room)

    def _on_pose(self, message: PoseWithCovarianceStamped) -> None:
        at, turned = message.pose.pose.position, message.pose.pose.orientation
        self._here = (at.x, at.y, yaw_from_quaternion(turned.x, turned.y, turned.z, turned.w))

    def _watch_time(self) -> None:
        search = self._search
        if search is None:
            return
        if self.now_s > search.until_s:
            search.end(f"not found within {search.until_s - search.began_s:.0f} s")
        elif self.now_s > max(search.frame_s, search.began_s) + self.params.eyes_timeout_s:
            search.end(f"the eyes have not seen for {self.params.eyes_timeout_s:.0f} s{self._blind}")

    def _cancel(self, handle: Any) -> CancelResponse:
        if self._search and self._search.handle.goal_id == handle.goal_id:
            self._search.end("cancelled by the client")
        return CancelResponse.ACCEPT

    async def _find(self, handle: Any) -> FindPerson.Result:
        request = handle.request
        known = [resident.id for resident in self._site.residents]
        rooms = [room.id for room in self._site.rooms]
        wrong = [room for room in request.rooms if room not in rooms]
        if request.resident_id not in known or wrong:
            handle.abort()
            return FindPerson.Result(message=f"unknown room {wrong[0]!r}; rooms: {', '.join(rooms)}" if wrong else
                                     f"unknown resident {request.resident_id!r}; residents: {', '.join(known)}")
        if self._search:
            self._search.end("a newer search came")
        limit_s = request.timeout_s if request.timeout_s > 0 else self.params.default_timeout_s
        search = self._search = _Search(handle, self.now_s, limit_s, self.executor)
        self._clock_tick.reset()
        message = await self._look_everywhere(search, request)
        if self._search is search:
            self._search = None
            self._clock_tick.cancel()
        result = FindPerson.Result(success=search.person is not None, message=message)
        if search.person is not None:
            result.person = search.person
            handle.succeed()
        elif handle.is_cancel_requested:
            handle.canceled()
        else:
            handle.abort()
        return result

    async def _look_everywhere(self, search: _Search, request: FindPerson.Goal) -> str:
        """Go from look to look until the search is over. Returns the message for the result."""
        missed: list[str] = []
        await search.look(self.params.look_frames, self.now_s)  # perhaps they stand before the robot already
        if await self._made_sure(search):
            return search.message
        if self._here is None:
            return "where the robot is is not known: no /amcl_pose yet"
        unreachable: set[Pose2d] = set()
        last_seen = self._last_seen.get(request.resident_id)
        for look in looks(self._site, self._grid, self._here, request.rooms, last_seen):
            if look.pose[:2] in unreachable:
                continue
            search.handle.publish_feedback(FindPerson.Feedback(room=look.room))
            trouble = await self._drive(search, look.pose, search.glimpse)
            if trouble and not search.over.done():
                unreachable.add(look.pose[:2])
                missed.append(f"{look.room}: {trouble}")
                continue
            await search.look(self.params.look_frames, self.now_s)
            if await self._made_sure(search):
                return search.message
        return "looked everywhere" + (f", but not in {'; '.join(missed)}" if missed else "")

    async def _made_sure(self, search: _Search) -> bool:
        """Turn to whom a glimpse was had of, and look again. Whether the search is over."""
        if search.over.done() or not search.glimpse.done():
            return search.over.done()
        person = search.glimpse.result()
        search.forget_glimpse()
        place = (person.position.x, person.position.y)
        if self._here and person.position_valid and (pose := turn_to(self._here, place)):
            await self._drive(search, pose)
            search.forget_glimpse()
        await search.look(self.params.look_frames, self.now_s)
        if search.glimpse.done() and not search.over.done():
            search.person = search.glimpse.result()
            search.end("found")
        return search.over.done()

    async def _drive(self, search: _Search, pose: Pose2d, or_until: Future | None = None) -> str:
        """Drive to a pose, or until the search is over or `or_until` done. Returns what went wrong, or nothing."""
        if not self._navigator.server_is_ready():
            return "the navigator is not running"
        goal = NavigateToPose.Goal(pose=pose_message(pose, stamp(self.now_s)))
        drive = await self._navigator.send_goal_async(goal)
        if not drive.accepted:
            return "the navigator refused the place"
        result = drive.get_result_async()
        await search.first_of(result, *([or_until] if or_until else []))
        if not result.done():
            await drive.cancel_goal_async()
            return ""
        answer = result.result()
        return "" if answer.status == GoalStatus.STATUS_SUCCEEDED else answer.result.error_msg or "not reached"


class _Search:
    """One search under way: what ends it, and what waits for frames."""

    def __init__(self, handle: Any, now_s: float, limit_s: float, executor: Any) -> None:
        self.handle, self.began_s, self.until_s = handle, now_s, now_s + limit_s
        self.frame_s = -math.inf  # when the last frame came
        self.person: Person | None = None
        self.message = ""
        self._executor = executor
        self.over = Future(executor=executor)
        self._looking: tuple[float, int, Future] | None = None
        self.forget_glimpse()

    def forget_glimpse(self) -> None:
        """What was seen so far does not count."""
        self.glimpse = Future(executor=self._executor)  # becomes the Person
        self._sightings = Sightings(self.handle.request.resident_id)

    def frame(self, seen: list[Person], stamp_s: float, now_s: float) -> None:
        """Take in the people of one frame."""
        self.frame_s = now_s
        if self._sightings.frame([person.resident_id for person in seen]) and not self.glimpse.done():
            self.glimpse.set_result(next(p for p in seen if p.resident_id == self._sightings.resident_id))
        if self._looking and stamp_s >= self._looking[0]:
            since_s, left, done = self._looking
            self._looking = (since_s, left - 1, done)
            if left <= 1 and not done.done():
                done.set_result(None)

    def end(self, message: str) -> None:
        """The search is over."""
        if not self.over.done():
            self.message = message
            self.over.set_result(None)

    async def look(self, frames: int, since_s: float) -> None:
        """Wait until that many frames taken from now on have come, a glimpse is had, or the search is over."""
        self._looking = (since_s, frames, Future(executor=self._executor))
        await self.first_of(self._looking[2], self.glimpse)
        self._looking = None

    async def first_of(self, *others: Future) -> None:
        """Wait until the search is over or one of the other futures is done."""
        either = Future(executor=self._executor)

        def wake(_: Future) -> None:
            if not either.done():
                either.set_result(None)

        for future in (self.over, *others):
            future.add_done_callback(wake)
        await either
        for future in (self.over, *others):
            future.remove_done_callback(wake)
