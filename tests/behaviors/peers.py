"""The mission node's neighbours in a test: a voice that answers as told, wheels that arrive, eyes with a picture."""
from __future__ import annotations

from anban_interfaces.action import Ask, FindPerson, Say
from anban_interfaces.msg import Fall, Person
from anban_interfaces.srv import TakeSnapshot
from nav2_msgs.action import NavigateToPose
from rclpy.action import ActionServer
from rclpy.node import Node
from rclpy.task import Future


class Peers(Node):
    """Serves say, ask, navigate_to_pose, find_person and take_snapshot. `answers` are given to questions in turn."""

    def __init__(self, answers: list[tuple[int, str, str]]) -> None:
        super().__init__("peers")
        self.answers = list(answers)  # (outcome, intent, heard); none left: the question stays open
        self.thinking = Future()  # an answer waits for it
        self.thinking.set_result(None)
        self.said: list[str] = []
        self.music: list[str] = []
        self.break_off: set[str] = set()  # phrases that somebody breaks off, each once
        self.drives: list[tuple[float, float]] = []
        self._servers = [
            ActionServer(self, Say, "say", self._say), ActionServer(self, Ask, "ask", self._ask),
            ActionServer(self, NavigateToPose, "navigate_to_pose", self._drive),
            ActionServer(self, FindPerson, "find_person", self._find)]
        self.create_service(TakeSnapshot, "take_snapshot", self._snapshot)

    def _say(self, handle):
        self.said.append(handle.request.phrase)
        self.music += [slot.value for slot in handle.request.slots if slot.name == "music"]
        if handle.request.phrase in self.break_off:
            self.break_off.remove(handle.request.phrase)
            handle.abort()
            return Say.Result(message="broken off by “help me”")
        handle.succeed()
        return Say.Result(success=True)

    async def _ask(self, handle):
        self.said.append(handle.request.phrase)
        if not self.answers:
            await self.executor.create_task(_never)
        await self.thinking
        outcome, intent, heard = self.answers.pop(0)
        handle.succeed()
        return Ask.Result(outcome=outcome, intent=intent, heard=heard, attempts=1)

    def _drive(self, handle):
        position = handle.request.pose.pose.position
        self.drives.append((position.x, position.y))
        handle.succeed()
        return NavigateToPose.Result()

    def _find(self, handle):
        handle.succeed()
        return FindPerson.Result(success=True, person=Person(track_id="body1", resident_id="lin", room="living_room"))

    def _snapshot(self, request, response):
        response.success = True
        response.image.format = "jpeg"
        response.image.data = b"\xff\xd8\xff\xd9"
        return response


async def _never():
    await Future()


def fall(state: int, time_s: float) -> Fall:
    """Mrs. Lin on her bedroom floor."""
    message = Fall(fall_id="fall-1", state=state, kind=Fall.KIND_DESCENT, confidence=0.8,
                   evidence=["hips 14 cm above the floor"])
    message.header.frame_id = "map"
    message.person = Person(track_id="body1", resident_id="lin", visible=True, room="bedroom", position_valid=True,
                            posture=Person.POSTURE_LYING_ON_FLOOR)
    message.person.position.x, message.person.position.y, message.person.position.z = 1.6, 1.4, 0.15
    message.person.head.x, message.person.head.y, message.person.head.z = 1.6, 1.9, 0.1
    message.began.sec = int(time_s)
    return message
