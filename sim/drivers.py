"""The robot's drivers, as the simulator stands in for them: a moment of the world goes out on their topics."""
from __future__ import annotations

from collections.abc import Callable
from typing import Any

from anban_interfaces.msg import AudioChunk, People
from builtin_interfaces.msg import Time
from nav_msgs.msg import Odometry
from sensor_msgs.msg import BatteryState, CameraInfo, Image, LaserScan
from std_msgs.msg import Bool
from tf2_msgs.msg import TFMessage

from robot.ros import EVENT, LATCHED, RELIABLE_STREAM, STREAM, TF_STATIC, CareNode
from robot.site import Robot, Site
from sim import messages
from sim.simulation import SOUND_TICKS, TICK_S, Moment, Simulation

ODOMETRY_TICKS, SECOND_TICKS = 5, 100


class Drivers:
    """Camera, lidar, wheels, battery, bumper, microphone; without rendering the eyes, which then see no pictures.

    `stamp(ticks)`: the message stamp of a tick.
    """

    def __init__(self, node: CareNode, render: bool, overhead: bool, stamp: Callable[[int], Time]) -> None:
        create = node.create_publisher
        self._stamp = stamp
        self._color = create(Image, "/camera/color/image_raw", RELIABLE_STREAM)
        self._color_info = create(CameraInfo, "/camera/color/camera_info", RELIABLE_STREAM)
        self._depth = create(Image, "/camera/depth/image_rect_raw", RELIABLE_STREAM)
        self._scan = create(LaserScan, "/scan", STREAM)
        self._odometry = create(Odometry, "/odom", STREAM)
        self._tf = create(TFMessage, "/tf", EVENT)
        self._tf_static = create(TFMessage, "/tf_static", TF_STATIC)
        self._battery = create(BatteryState, "/battery_state", LATCHED)
        self._bumper = create(Bool, "/bumper", LATCHED)  # pressed or not, when it changes
        self._audio = create(AudioChunk, "/audio/in", RELIABLE_STREAM)
        self._overhead = create(Image, "/simulation/overhead", STREAM) if overhead else None
        self._people = None if render else create(People, "/people", RELIABLE_STREAM)
        self._pictures: list[tuple[Any, Any]] = []  # the newest, and who publishes them
        self._second = -1

    def mount(self, robot: Robot, ticks: int) -> None:
        """Where camera and lidar are on the robot."""
        self._tf_static.publish(messages.mounting(robot, self._stamp(ticks)))

    def move(self, sim: Simulation) -> None:
        """What the wheels tell, twenty times a second."""
        if sim.ticks % ODOMETRY_TICKS == 0:
            odometry = messages.odometry(sim.world.odometry, sim.world.wheel_twist, self._stamp(sim.ticks))
            self._odometry.publish(odometry)
            self._tf.publish(messages.odometry_transform(odometry))

    def scan(self, robot: Robot, moment: Moment, ticks: int) -> None:
        self._scan.publish(messages.scan(robot.lidar, moment.scan, self._stamp(ticks)))

    def take_pictures(self, robot: Robot, moment: Moment, ticks: int) -> None:
        """Keep them to be shown."""
        at = self._stamp(ticks)
        self._pictures = [(self._color_info, messages.camera_info(robot.camera, at)),
                          (self._color, messages.color_image(moment.color, at))]
        if moment.depth is not None:  # the first to come: no colour picture has to wait for its depth
            self._pictures.insert(0, (self._depth, messages.depth_image(moment.depth, at)))

    def show_pictures(self) -> None:
        """Publish the newest, also again."""
        for publisher, picture in self._pictures:
            publisher.publish(picture)

    def tell(self, site: Site, sim: Simulation, moment: Moment) -> None:
        """All the rest: sound, people, the battery and the picture from above once a second, the bumper."""
        at = self._stamp(sim.ticks)
        if moment.sound is not None:
            self._audio.publish(messages.sound(moment.sound, self._stamp(sim.ticks - SOUND_TICKS)))
        if moment.people is not None:
            tick, seen = moment.people
            alone = site.residents[0].id if len(site.residents) == 1 else ""
            self._people.publish(messages.people(seen, alone, self._stamp(tick), (sim.ticks - tick) * TICK_S))
        if sim.ticks // SECOND_TICKS != self._second:
            self._second = sim.ticks // SECOND_TICKS
            self._battery.publish(messages.battery(sim.world.battery, sim.world.charging, at))
            if self._overhead:
                self._overhead.publish(messages.color_image(sim.world.overhead(800, 600), at, "map"))
        for event in moment.events:
            if event.name in ("bumped", "bump_over"):
                self._bumper.publish(Bool(data=event.name == "bumped"))

    @property
    def picture_listeners(self) -> int:
        """How many take the colour pictures."""
        return self._color.get_subscription_count()

    @property
    def camera_listeners(self) -> int:
        """How many take all that the camera gives."""
        return min(topic.get_subscription_count() for topic in (self._color, self._color_info, self._depth))
