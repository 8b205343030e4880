"""The navigator and the search for a person over real DDS; only wheels, floor and eyes are replaced, at the edge."""
import math
from pathlib import Path
from types import SimpleNamespace

import pytest
import rclpy
from action_msgs.msg import GoalStatus
from anban_interfaces.action import FindPerson
from anban_interfaces.msg import People, Person
from nav2_msgs.action import DockRobot, NavigateToPose, UndockRobot
from nav_msgs.msg import OccupancyGrid
from rclpy.action import ActionClient
from rclpy.executors import SingleThreadedExecutor
from rclpy.parameter import Parameter
from std_msgs.msg import Bool

from robot.find_person_node import FindPersonNode
from robot.navigator_node import NavigatorNode
from robot.ros import LATCHED, RELIABLE_STREAM, stamp
from robot.site import load_site
from robot.transforms import quaternion_from_yaw, wrapped
from tests.robot.robot_at_the_edge import RobotAtTheEdge

pytestmark = pytest.mark.slow
SITE = Path(__file__).resolve().parents[2] / "config" / "home.yaml"


@pytest.fixture
def house():
    """A running navigator and search, the robot at the edge, and action clients."""
    rclpy.init()
    given = [Parameter("use_sim_time", value=True), Parameter("site", value=str(SITE))]
    edge = RobotAtTheEdge(load_site(SITE))
    nodes = [NavigatorNode(parameter_overrides=given), FindPersonNode(parameter_overrides=given)]
    client = rclpy.create_node("client")
    executor = SingleThreadedExecutor()
    for node in (*nodes, edge, client):
        executor.add_node(node)
    for node in nodes:
        node.trigger_configure()
        node.trigger_activate()
    actions = SimpleNamespace(go=ActionClient(client, NavigateToPose, "/navigate_to_pose"),
                              dock=ActionClient(client, DockRobot, "/dock_robot"),
                              undock=ActionClient(client, UndockRobot, "/undock_robot"),
                              find=ActionClient(client, FindPerson, "/find_person"))

    def live(until, limit_s: float = 90.0) -> None:
        """Let time pass in small steps until something is true."""
        end_s = edge.time_s + limit_s
        while not until():
            assert edge.time_s < end_s, f"not within {limit_s} s of simulated time"
            edge.step()
            for _ in range(8):
                executor.spin_once(timeout_sec=0.001)

    def send(action: ActionClient, goal, feedback=None):
        live(action.server_is_ready)
        sent = action.send_goal_async(goal, feedback_callback=feedback)
        live(sent.done)
        return sent.result()

    def result_of(handle, limit_s: float = 90.0):
        result = handle.get_result_async()
        live(result.done, limit_s)
        return result.result()

    yield SimpleNamespace(edge=edge, client=client, actions=actions, live=live, send=send, result_of=result_of,
                          navigator=nodes[0])
    for node in nodes:
        node.trigger_shutdown()
    executor.shutdown()
    for node in (*nodes, edge, client):
        node.destroy_node()
    rclpy.try_shutdown()


def goal(x: float, y: float, degrees: float = 0.0, frame: str = "map") -> NavigateToPose.Goal:
    message = NavigateToPose.Goal()
    message.pose.header.frame_id = frame
    message.pose.pose.position.x, message.pose.pose.position.y = x, y
    turned = message.pose.pose.orientation
    turned.x, turned.y, turned.z, turned.w = quaternion_from_yaw(math.radians(degrees))
    return message


def offset(house, x: float, y: float) -> float:
    return math.hypot(house.edge.body.pose[0] - x, house.edge.body.pose[1] - y)


def test_the_robot_drives_from_its_dock_to_the_bedroom_and_says_how_far_it_has_to_go(house):
    remaining = []
    handle = house.send(house.actions.go, goal(3.3, 0.75, 135),
                        lambda m: remaining.append(m.feedback.distance_remaining))
    began_s = house.edge.time_s
    answer = house.result_of(handle)
    print(f"dock to bedroom stop: {house.edge.time_s - began_s:.1f} s, {100 * offset(house, 3.3, 0.75):.1f} cm, "
          f"{math.degrees(wrapped(house.edge.body.pose[2] - math.radians(135))):.1f} degrees off, "
          f"least gap {100 * house.edge.smallest_gap_m:.0f} cm")
    assert answer.status == GoalStatus.STATUS_SUCCEEDED and answer.result.error_code == NavigateToPose.Result.NONE
    assert offset(house, 3.3, 0.75) < 0.08
    assert abs(wrapped(house.edge.body.pose[2] - math.radians(135))) < math.radians(6)
    assert house.edge.smallest_gap_m > 0.1
    assert remaining[0] > 3.5 > 0.5 > remaining[-1]


def test_a_late_joiner_gets_the_map(house):
    maps = []
    house.client.create_subscription(OccupancyGrid, "/map", maps.append, LATCHED)
    house.live(lambda: maps)
    info = maps[0].info
    column, row = int((8.6 - info.origin.position.x) / info.resolution), int((-0.8 - info.origin.position.y) / 0.05)
    assert maps[0].data[row * info.width + column] == 100  # the closed front door


def test_a_goal_that_is_cancelled_stops_the_robot_at_once(house):
    handle = house.send(house.actions.go, goal(5.3, 1.1))
    house.live(lambda: house.edge.body.driven_m > 0.5)
    cancelled = handle.cancel_goal_async()
    house.live(cancelled.done)
    house.live(lambda: house.edge.still, 0.3)
    assert house.result_of(handle).status == GoalStatus.STATUS_CANCELED


def test_a_new_goal_takes_over_and_the_old_one_is_aborted(house):
    first = house.send(house.actions.go, goal(5.3, 1.1))
    house.live(lambda: house.edge.body.driven_m > 0.3)
    second = house.send(house.actions.go, goal(2.0, -0.8))
    assert house.result_of(first).status == GoalStatus.STATUS_ABORTED
    assert house.result_of(second).status == GoalStatus.STATUS_SUCCEEDED
    assert offset(house, 2.0, -0.8) < 0.08


def test_a_goal_inside_a_wall_is_moved_or_refused_with_a_reason(house):
    near_wall = house.result_of(house.send(house.actions.go, goal(1.5, -0.2)))
    assert near_wall.status == GoalStatus.STATUS_SUCCEEDED and house.edge.smallest_gap_m > 0
    in_bed = house.result_of(house.send(house.actions.go, goal(1.0, 2.9)))
    assert in_bed.status == GoalStatus.STATUS_ABORTED and in_bed.result.error_code == 206
    assert "not free" in in_bed.result.error_msg
    assert not house.send(house.actions.go, goal(1.0, -0.8, frame="moon")).accepted


def test_what_only_the_bumper_feels_ends_the_drive_at_once(house):
    bumper = house.client.create_publisher(Bool, "/bumper", LATCHED)
    handle = house.send(house.actions.go, goal(5.3, 1.1))
    house.live(lambda: house.edge.body.driven_m > 0.3)
    bumper.publish(Bool(data=True))
    answer = house.result_of(handle, 2.0)
    assert answer.status == GoalStatus.STATUS_ABORTED and "bumper touched something at" in answer.result.error_msg
    house.live(lambda: house.edge.still, 0.5)
    again = house.send(house.actions.go, goal(0.9, -0.8))  # still pressed: it may drive away all the same
    assert house.result_of(again).status == GoalStatus.STATUS_SUCCEEDED


def test_without_scans_it_stands_still_and_gives_up_in_the_end(house):
    handle = house.send(house.actions.go, goal(5.3, 1.1))
    house.live(lambda: house.edge.body.driven_m > 0.3)
    house.edge.lidar_works = False
    house.live(lambda: house.edge.still, 1.0)
    answer = house.result_of(handle)
    assert answer.status == GoalStatus.STATUS_ABORTED and "scan" in answer.result.error_msg


def test_it_keeps_clear_of_a_person_whom_the_eyes_see_lying_on_the_way(house):
    eyes = house.client.create_publisher(People, "/people", RELIABLE_STREAM)
    house.live(lambda: eyes.get_subscription_count() == 2)
    message = People()
    person = Person(track_id="a1", visible=True, position_valid=True, posture=Person.POSTURE_LYING_ON_FLOOR)
    person.head.x, person.head.y, person.position.x, person.position.y = 2.0, -1.3, 2.6, -1.1
    message.people.append(person)
    closest = [math.inf]

    def watch() -> None:
        eyes.publish(message)
        x, y, _ = house.edge.body.pose
        closest[0] = min(closest[0], math.dist((x, y), (2.6, -1.1)))
    timer = house.client.create_timer(0.05, watch)
    answer = house.result_of(house.send(house.actions.go, goal(4.2, -0.8)))
    timer.cancel()
    assert answer.status == GoalStatus.STATUS_SUCCEEDED
    assert closest[0] > 0.5  # a body's 0.3 m and the robot's own radius


def test_it_leaves_the_dock_and_comes_back_until_it_charges(house):
    assert house.result_of(house.send(house.actions.undock, UndockRobot.Goal())).result.success
    assert house.edge.body.pose[0] > house.edge.dock[0] + 0.5
    house.result_of(house.send(house.actions.go, goal(3.0, -0.6, 90)))
    answer = house.result_of(house.send(house.actions.dock, DockRobot.Goal(dock_id="dock")))
    assert answer.result.success, answer.result.error_msg
    print(f"docked {100 * offset(house, *house.edge.dock[:2]):.1f} cm from the dock's pose")
    assert offset(house, *house.edge.dock[:2]) < 0.05


def test_an_unknown_dock_is_named(house):
    answer = house.result_of(house.send(house.actions.dock, DockRobot.Goal(dock_id="garage")))
    assert answer.result.error_code == DockRobot.Result.DOCK_NOT_IN_DB and "docks: dock" in answer.result.error_msg


def test_a_resident_is_looked_for_in_the_rooms_until_the_eyes_see_her(house):
    """She sits in the living room; the eyes see what lies within the camera's view and 4 m, in the same room."""
    eyes = house.client.create_publisher(People, "/people", RELIABLE_STREAM)
    sofa = (6.8, 3.2)

    def look() -> None:
        x, y, yaw = house.edge.body.pose
        message = People()
        message.header.frame_id, message.header.stamp = "map", stamp(house.edge.time_s)
        bearing = wrapped(math.atan2(sofa[1] - y, sofa[0] - x) - yaw)
        if abs(bearing) < 0.6 and math.dist(sofa, (x, y)) < 4 and x > 4.3 and y > 0.1:
            person = Person(track_id="a1", resident_id="lin", visible=True, position_valid=True, room="living_room")
            person.position.x, person.position.y = sofa
            message.people.append(person)
        eyes.publish(message)

    timer = house.client.create_timer(0.02, look)
    visited = []
    handle = house.send(house.actions.find, FindPerson.Goal(resident_id="lin", timeout_s=150.0),
                        lambda m: visited.append(m.feedback.room))
    began_s = house.edge.time_s
    answer = house.result_of(handle, 160.0)
    timer.cancel()
    print(f"found after {house.edge.time_s - began_s:.0f} s, rooms {list(dict.fromkeys(visited))}")
    assert answer.result.success and answer.result.person.resident_id == "lin", answer.result.message
    assert list(dict.fromkeys(visited)) == ["bedroom", "living_room"]


def test_a_search_with_no_eyes_says_so(house):
    answer = house.result_of(house.send(house.actions.find, FindPerson.Goal(resident_id="lin")))
    assert answer.status == GoalStatus.STATUS_ABORTED and "eyes" in answer.result.message
    answer = house.result_of(house.send(house.actions.find, FindPerson.Goal(resident_id="nobody")))
    assert "residents: lin" in answer.result.message
