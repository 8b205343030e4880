"""The live view: what it makes of messages, and the page in a real browser."""
from __future__ import annotations

import base64
from collections.abc import Iterator
from datetime import timedelta, timezone
from types import SimpleNamespace
from xml.etree import ElementTree

import cv2
import httpx
import numpy as np
import pytest
import rclpy
from anban_interfaces.msg import Alarm, AlarmList, Fall, Mission, People, Person
from geometry_msgs.msg import Point
from hri_msgs.msg import IdsList, NormalizedPointOfInterest2D, Skeleton2D
from rclpy.context import Context
from rclpy.executors import SingleThreadedExecutor
from sensor_msgs.msg import Image
from std_msgs.msg import Header, String
from tf2_msgs.msg import TFMessage

from robot.navigation_messages import frame_message
from robot.resources import resource
from robot.ros import EVENT, LATCHED, RELIABLE_STREAM, parameters, pixels, stamp
from robot.site import load_site
from robot.transforms import matrix_from_pose2d
from robot.view import scene
from robot.view.plan import EMPTY, floor_plan
from robot.view.server import Board, PageServer
from robot.view.view_node import ViewNode
from tests.robot.care_platform import until

HOME = resource("config/home.yaml")


def picture(time_s: float, color: tuple[int, int, int] = (200, 30, 30)) -> Image:
    data = np.full((48, 64, 3), color, np.uint8)
    return Image(header=Header(stamp=stamp(time_s)), height=48, width=64, encoding="rgb8", step=192, data=pixels(data))


def skeleton(time_s: float) -> Skeleton2D:
    points = [NormalizedPointOfInterest2D(x=0.5, y=0.05 * i, c=0.9) for i in range(18)]
    return Skeleton2D(header=Header(stamp=stamp(time_s)), skeleton=points)


def lying(fall: int = 0) -> People:
    return People(people=[Person(track_id="b1", resident_id="lin", visible=True, posture=Person.POSTURE_LYING_ON_FLOOR,
                                 posture_probability=0.91, position_valid=True, position=Point(x=2.5, y=1.5),
                                 head=Point(x=2.5, y=float("nan")), room="bedroom")])


# --- the cores --------------------------------------------------------------------------------------------------------
def test_the_floor_plan_is_drawing_of_the_site():
    site = load_site(HOME)
    drawing = ElementTree.fromstring(floor_plan(site))
    left, top, width, height = map(float, drawing.get("viewBox").split())
    assert (left, top, left + width, top + height) == pytest.approx((-0.4, -4.4, 9.0, 4.0))
    kinds = [element.get("class") for element in drawing.iter()]
    assert kinds.count("room") == len(site.rooms) and kinds.count("bed") == 1 and kinds.count("closed door") == 1
    assert "living room" in "".join(drawing.itertext())


def test_names_of_a_site_cannot_become_markup():
    site = load_site(HOME)
    room = site.rooms[0].model_copy(update={"name": {"en": "<script>alert(1)</script>"}})
    text = floor_plan(site.model_copy(update={"rooms": [room, *site.rooms[1:]]}))
    assert "<script>" not in text and "&lt;script&gt;" in text
    ElementTree.fromstring(EMPTY)


def test_people_are_told_with_posture_place_and_fall():
    (person,) = scene.people(lying(), {"b1": Fall.STATE_CONFIRMED})
    assert (person["posture"], person["sure"], person["fall"]) == ("lying on floor", 0.91, "confirmed")
    assert (person["x"], person["y"], person["head"]) == (2.5, 1.5, [2.5, None])


def test_a_scan_is_laid_on_the_map():
    assert scene.scan(np.array([[1.0, 0.0, 0.0]]), matrix_from_pose2d((2.0, 3.0, np.pi / 2))) == [2.0, 4.0]


def test_open_alarms_come_before_resolved_ones():
    listed = scene.alarms(AlarmList(alarms=[
        Alarm(alarm_id="old", raised_at=stamp(5.0), state=Alarm.STATE_RESOLVED, priority=Alarm.PRIORITY_HIGH),
        Alarm(alarm_id="open", raised_at=stamp(3.0), state=Alarm.STATE_RAISED, kind="call_for_help")]), timezone.utc)
    assert [(alarm["id"], alarm["state"], alarm["kind"]) for alarm in listed] == [
        ("open", "raised", "call for help"), ("old", "resolved", "")]


def test_what_is_wrong_comes_first():
    listed = scene.health({"a": (0, "fine"), "b": (2, "broken"), "c": (3, "silent")})
    assert [(part["name"], part["level"]) for part in listed] == [("b", "error"), ("c", "stale"), ("a", "ok")]


def test_history_keeps_the_newest_lines_and_no_repetitions():
    history = scene.History()
    assert history.add(0.0, "heard", "hello") and not history.add(1.0, "heard", "hello")
    assert not history.add(1.0, "robot says", "")
    for i in range(scene.HISTORY):
        history.add(61.0, "heard", str(i))
    assert (len(history.lines), history.lines[-1]["text"], history.lines[0]["text"]) == (scene.HISTORY, "59", "0")
    assert history.lines[0]["at"] == "00:01:01"
    history.add(1.8e9, "heard", "hello")
    history.zone = timezone(timedelta(hours=8))  # the site is known only now
    assert history.lines[-1]["at"] == "16:00:00"


def test_rates_are_of_the_last_seconds():
    rates = scene.Rates()
    for tick in range(100):
        rates.add("/scan", tick / 10, 1000)
    assert rates.of("/scan", 10.0) == pytest.approx((10.0, 10_000.0), rel=0.05)
    assert rates.of("/scan", 20.0) == rates.of("/other", 20.0) == (0.0, 0.0)


def test_a_picture_waits_for_what_the_eyes_saw_in_it():
    pictures = scene.Pictures(period_s=0.2)
    image, bodies = pictures.add(picture(1.0))
    assert bodies == []  # no eyes yet
    assert pictures.reported(1.0) is None
    assert pictures.add(picture(1.1)) is None
    pictures.body("b1", skeleton(1.1))
    assert pictures.reported(1.1) is None
    assert pictures.add(picture(1.2)) is None
    pictures.body("b1", skeleton(1.2))
    pictures.reported(1.2)
    assert pictures.add(picture(1.3)) is None
    image, bodies = pictures.reported(1.3)
    assert (scene.seconds(image.header.stamp), [b["id"] for b in bodies]) == (pytest.approx(1.2), ["b1"])
    assert pictures.reported(1.4) is None  # 1.3 is too soon after 1.2
    assert pictures.add(picture(9.0)) is not None  # the eyes have gone


@pytest.mark.parametrize("encoding, red", [("rgb8", 2), ("bgr8", 0)])
def test_pictures_keep_their_colours(encoding, red):
    image = picture(0.0, (250, 10, 10))
    image.encoding = encoding
    shown = cv2.imdecode(np.frombuffer(scene.jpeg(image), np.uint8), cv2.IMREAD_COLOR)
    assert shown.shape == (48, 64, 3) and int(shown[..., red].mean()) > 200
    image.encoding = "16UC1"
    with pytest.raises(ValueError, match="16UC1"):
        scene.jpeg(image)


def test_a_board_gives_each_page_what_it_has_not_seen():
    board = Board()
    board.put("mission", {"a": 1})
    revision, changed = board.since(0)
    assert changed == [("mission", '{"a":1}')]
    board.put("mission", {"a": 1})
    assert board.since(revision) == (revision, [])
    board.put("scan", [1.0])
    assert [name for name, _ in board.since(revision)[1]] == ["scan"]
    board.clear("scan")
    assert [name for name, _ in board.since(0)[1]] == ["mission"]


# --- the page ---------------------------------------------------------------------------------------------------------
@pytest.fixture
def board() -> Board:
    return Board()


@pytest.fixture
def server(board) -> Iterator[PageServer]:
    server = PageServer(board, 0)
    yield server
    server.stop()


def test_the_page_is_for_this_machine_only(server):
    assert httpx.get(server.url).status_code == 200
    assert "default-src 'none'" in httpx.get(server.url).headers["content-security-policy"]
    assert httpx.get(server.url, headers={"Host": "evil.example"}).status_code == 400
    with pytest.raises(OSError, match="in use"):
        PageServer(Board(), server.port)


@pytest.fixture
def page(browser):
    page = browser.new_page(viewport={"width": 1280, "height": 800})
    page.set_default_timeout(120_000)
    page.errors = []
    page.on("pageerror", lambda error: page.errors.append(str(error)))
    page.on("console", lambda message: page.errors.append(message.text) if message.type == "error" else None)
    yield page
    page.close()


@pytest.mark.slow
def test_all_that_is_known_is_on_the_page(page, board, server):
    site = load_site(HOME)
    board.put("plan", floor_plan(site))
    board.put("site", {"name": site.site.name, "radius_m": 0.22})
    board.put("robot", {"clock": "23:58:12", "x": 3.0, "y": 1.0, "yaw": 1.57})
    board.put("scan", [1.0, 1.0, 2.0, 1.0])
    board.put("path", [3.0, 1.0, 3.2, 0.5])
    board.put("people", scene.people(lying(), {"b1": Fall.STATE_CONFIRMED}))
    board.put("alarms", scene.alarms(AlarmList(alarms=[Alarm(
        alarm_id="1", kind="fall", priority=Alarm.PRIORITY_HIGH, state=Alarm.STATE_RAISED, room="bedroom",
        position=Point(x=2.5, y=1.5))]), timezone.utc))
    now = scene.mission(Mission(task="fall_response", state="asking", why="fall suspected", waiting=["patrol"]))
    board.put("mission", {"now": now, "states": [{"at": "23:58:10", **now}]})
    board.put("history", [{"at": "23:58:11", "kind": "heard", "text": "“<b>help</b>” (call for help)"}])
    board.put("topics", [{"name": "/scan", "type": "sensor_msgs/LaserScan", "publishers": 1, "hz": 9.9, "kb_s": 14.0},
                         {"name": "/depth", "type": "sensor_msgs/Image", "publishers": 1, "hz": None, "kb_s": None}])
    board.put("health", scene.health({"people: camera": (2, "the same picture for 4 s"), "mission: start": (0, "ok")}))
    board.put("picture", {"width": 64, "height": 48, "jpeg": base64.b64encode(scene.jpeg(picture(0.0))).decode(),
                          "bodies": [{"id": "b1", "points": [[0.5, 0.05 * i, 0.9] for i in range(18)]}]})
    page.goto(server.url)
    page.wait_for_selector('body[data-line="live"]')
    page.wait_for_selector("#view img")
    told = page.inner_text("body")
    for words in ("The Lin flat", "23:58:12", "fall response", "asking", "fall suspected", "waiting: patrol",
                  "<b>help</b>", "/scan", "9.9", "the same picture for 4 s", "1 of 2 parts not well", "fall, bedroom"):
        assert words in told
    assert page.eval_on_selector_all("#map .label", "e => e.map((x) => x.textContent)") == [
        "lin, lying on floor 91 %, fall confirmed"]
    assert page.eval_on_selector_all("#map .robot, #map .mark, #map .person", "e => e.length") == 3
    board.put("robot", {"clock": "23:58:13", "x": 3.1, "y": 1.0, "yaw": 0.0})
    page.wait_for_selector('.trail[data-who="robot"][d="M3 -1L3.1 -1"]', state="attached")
    assert page.get_attribute("#scan", "d") == "M1 -1h0M2 -1h0"
    assert page.eval_on_selector_all("#view svg line", "e => e.length") == 18
    assert page.evaluate("document.querySelector('#view img').naturalWidth") == 64
    page.fill("#filter", "depth")
    assert page.inner_text("#rates").split() == ["/depth", "Image", "–", "–"]
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth && "
                         "document.documentElement.scrollHeight <= innerHeight")
    assert page.errors == []


@pytest.mark.slow
def test_a_broken_line_is_said(page, board, server, capfd):
    page.goto(server.url)
    board.put("path", [])
    page.wait_for_selector('body[data-line="live"]')
    server.stop()
    page.wait_for_selector('body[data-line="lost"]')
    assert "connection lost" in page.inner_text("#line")
    assert capfd.readouterr().err == ""


@pytest.mark.slow
def test_a_robot_that_has_gone_is_said(page, board, server):
    board.put("presence", {"robot": True, "domain": 7})
    page.goto(server.url)
    page.wait_for_selector('body[data-line="live"]')
    board.put("presence", {"robot": False, "domain": 7})
    page.wait_for_selector('body[data-line="alone"]')
    assert page.inner_text("#line") == "no robot in ROS domain 7; waiting for one"


@pytest.mark.slow
@pytest.mark.parametrize("scheme", ["dark", "light"])
def test_nothing_runs_over_the_edge_of_a_telephone(browser, board, server, scheme):
    board.put("plan", floor_plan(load_site(resource("config/ward.yaml"))))
    board.put("people", scene.people(lying(), {"b1": Fall.STATE_CONFIRMED}))
    alarms = [Alarm(kind="call_for_help", room="living_room", acknowledged_by="Nurse Chen") for _ in range(4)]
    board.put("alarms", scene.alarms(AlarmList(alarms=alarms), timezone.utc))
    board.put("topics", [{"name": "/camera" * 9, "type": "sensor_msgs/Image", "publishers": 1, "hz": 9.9, "kb_s": 9e3}])
    page = browser.new_page(viewport={"width": 390, "height": 844}, color_scheme=scheme)
    page.goto(server.url)
    page.wait_for_selector("#map .label")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    sizes = page.eval_on_selector_all("#map .name, #map .label", "e => e.map((x) => x.getBoundingClientRect().height)")
    assert min(sizes) > 8  # pixels: to be read, in a ward as in a flat
    page.close()


# --- the node ---------------------------------------------------------------------------------------------------------
@pytest.fixture
def robot() -> Iterator[SimpleNamespace]:
    context = Context()
    rclpy.init(context=context)
    executor = SingleThreadedExecutor(context=context)
    node = rclpy.create_node("robot", context=context)
    view = ViewNode(context=context, parameter_overrides=parameters(port=0, site=str(HOME)))
    view.trigger_configure()
    view.trigger_activate()
    for one in (node, view):
        executor.add_node(one)
    yield SimpleNamespace(node=node, view=view, executor=executor)
    view.trigger_shutdown()
    executor.shutdown(timeout_sec=2.0)
    for one in (node, view):
        one.destroy_node()
    context.try_shutdown()


@pytest.mark.slow
def test_pictures_are_taken_from_the_robot_only_while_a_page_is_open(page, robot):
    camera = robot.node.create_publisher(Image, "/camera/color/image_raw", RELIABLE_STREAM)
    people = robot.node.create_publisher(People, "/people", RELIABLE_STREAM)
    tracked = robot.node.create_publisher(IdsList, "/humans/bodies/tracked", RELIABLE_STREAM)
    body = robot.node.create_publisher(Skeleton2D, "/humans/bodies/b1/skeleton2d", RELIABLE_STREAM)
    transforms = robot.node.create_publisher(TFMessage, "/tf", EVENT)
    mission = robot.node.create_publisher(Mission, "/mission", LATCHED)
    face = robot.node.create_publisher(String, "/robot/face", LATCHED)
    mission.publish(Mission(task="patrol", state="looking", why="round of 22:00"))
    face.publish(String(data="Good evening"))

    def turn() -> None:
        for _ in range(20):
            robot.executor.spin_once(timeout_sec=0.01)

    def spin_until(condition, what: str) -> None:
        def met():
            turn()
            return condition()
        until(met, what)

    spin_until(lambda: mission.get_subscription_count(), "the view")
    assert camera.get_subscription_count() == 0
    page.goto(robot.view.url)
    spin_until(lambda: camera.get_subscription_count() == 1 and transforms.get_subscription_count(), "its eyes")
    time_s = 100.0

    def live() -> bool:
        nonlocal time_s
        time_s += 0.25
        transforms.publish(frame_message("map", "base_link", (3.0, 1.0, 0.0), stamp(time_s)))
        camera.publish(picture(time_s))
        tracked.publish(IdsList(ids=["b1"]))
        message = lying()
        message.header.stamp = stamp(time_s)
        people.publish(message)
        body.publish(skeleton(time_s))
        turn()
        return page.eval_on_selector_all("#view svg line", "e => e.length") == 18

    until(live, "a picture with a skeleton on the page")
    spin_until(lambda: "/mission" in page.inner_text("#rates"), "the topics")
    told = page.inner_text("body")
    assert "round of 22:00" in told and "Good evening" in told and "3.00, 1.00 m" in told and "The Lin flat" in told
    assert page.errors == []
    page.goto("about:blank")
    spin_until(lambda: not camera.get_subscription_count(), "the view to look away")
    robot.executor.remove_node(robot.node)
    robot.node.destroy_node()
    page.goto(robot.view.url)
    spin_until(lambda: page.get_attribute("body", "data-line") == "alone", "word that the robot has gone")
    assert "robot's place is not known" in page.inner_text("#place")
    assert not page.query_selector("#map .label")
