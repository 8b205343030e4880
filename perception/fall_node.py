"""Judges falls: /people in, /falls out."""
from __future__ import annotations

import math

from anban_interfaces.msg import Fall, People
from anban_interfaces.msg import Person as PersonMessage
from std_msgs.msg import Header

from perception.fall import FallDetector, FallEvent, Person
from perception.posture import Posture
from robot.ros import EVENT, RELIABLE_STREAM, CareNode, NodeParameters, seconds, stamp


class FallNode(CareNode):
    """Publishes a Fall message for each change in the judgement on a fall."""
    NAME = "fall"
    Parameters = NodeParameters

    def setup(self) -> None:
        self._detector = FallDetector()
        self._falls = self.create_publisher(Fall, "/falls", EVENT)

    def start(self) -> None:
        self._input = self.create_subscription(People, "/people", self._take, RELIABLE_STREAM)

    def stop(self) -> None:
        if subscription := self.__dict__.pop("_input", None):
            self.destroy_subscription(subscription)

    def _take(self, message: People) -> None:
        by_track = {person.track_id: person for person in message.people}
        people = [_person(person) for person in message.people]
        for event in self._detector.update(people, seconds(message.header.stamp)):
            self._falls.publish(_fall(event, message.header, by_track.get(event.track_id, PersonMessage())))
            self.get_logger().info(f"fall {event.state.name.lower()} ({event.kind.name.lower()}, "
                                   f"{event.confidence:.2f}): {'; '.join(event.evidence)}")


def _person(message: PersonMessage) -> Person:
    known = message.posture in Posture._value2member_map_
    return Person(
        track_id=message.track_id, visible=message.visible, resident_id=message.resident_id,
        posture=Posture(message.posture) if known else Posture.UNKNOWN, posture_probability=message.posture_probability,
        position=(message.position.x, message.position.y) if message.position_valid else None,
        torso_height_m=message.torso_height_m, head_height_m=message.head_height_m,
        torso_angle_rad=message.torso_angle_rad, aspect=message.aspect, furniture=message.furniture,
        descent_speed=message.descent_speed if message.visible else math.nan)


def _fall(event: FallEvent, header: Header, person: PersonMessage) -> Fall:
    return Fall(header=header, fall_id=event.fall_id, state=int(event.state), kind=int(event.kind),
                confidence=float(event.confidence), person=person, began=stamp(max(event.began_s, 0.0)),
                evidence=list(event.evidence))
