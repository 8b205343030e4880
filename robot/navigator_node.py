"""The embedded navigator: localises by scan on the site's plan and drives to poses, as Nav2 does for its clients.

Reads /scan, /odom, /bumper, /battery_state, /people, /initialpose, /tf_static; publishes /map, /plan, /cmd_vel, /tf
(map -> odom); serves /navigate_to_pose, /dock_robot, /undock_robot. One motion at a time: a new goal ends the old one.
"""
from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from anban_interfaces.msg import People, Person
from geometry_msgs.msg import PoseStamped, PoseWithCovarianceStamped, Twist
from nav2_msgs.action import DockRobot, NavigateToPose, UndockRobot
from nav_msgs.msg import OccupancyGrid, Odometry, Path
from pydantic import Field
from rclpy.action import ActionServer, CancelResponse, GoalResponse
from rclpy.task import Future
from sensor_msgs.msg import BatteryState, LaserScan
from std_msgs.msg import Bool
from tf2_msgs.msg import TFMessage

from robot.battery import battery_health
from robot.bodies import LyingPeople
from robot.docking import STAGING_M, Docked, docking, staging_pose
from robot.drive import Command, Hold, Journey, Outcome, Straight
from robot.grid import plan_grid
from robot.localization import Localizer
from robot.navigation_messages import (
    duration,
    frame_message,
    goal_problem,
    map_message,
    path_message,
    pose2d,
    pose_estimate,
    pose_message,
    scan_points,
)
from robot.ride import Motion, Ride, blind
from robot.ros import EVENT, LATCHED, RELIABLE_STREAM, STREAM, TF_STATIC, CareNode, NodeParameters, seconds, stamp
from robot.site import Dock, load_site
from robot.transforms import (
    Pose2d,
    TransformBuffer,
    TransformUnavailable,
    compose2d,
    matrix_from_pose2d,
    pose2d_from_matrix,
    transform_points,
)

# Error codes of nav2_msgs in Jazzy, of the planner and controller actions behind NavigateToPose.
NAVIGATION_ERRORS = {"arrived": 0, "lost": 102, "no_scan": 102, "blocked": 104, "bumped": 104, "stalled": 105,
                     "goal_occupied": 206, "timeout": 207, "no_path": 208}
UNKNOWN_ERROR = 9000
DOCKING_STATES = {"controlling": DockRobot.Feedback.CONTROLLING, "charging": DockRobot.Feedback.WAIT_FOR_CHARGE,
                  "retrying": DockRobot.Feedback.RETRY}
DOCKING_ERRORS = {"controlling": DockRobot.Result.FAILED_TO_CONTROL, "charging": DockRobot.Result.FAILED_TO_CHARGE,
                  "retrying": DockRobot.Result.FAILED_TO_CONTROL}
FEEDBACK_PERIOD_S = 0.2
CLOCK_SET_BACK_S = 2.0  # a scan may be ahead of /clock by a leap of the simulator at rest


class Parameters(NodeParameters):
    control_rate_hz: float = Field(20.0, ge=5, le=100, description="wheel commands per second while driving")
    scan_timeout_s: float = Field(0.5, gt=0, description="a scan older than this stops the robot")
    give_up_blind_s: float = Field(10.0, gt=0, description="how long a goal waits for scans or a pose to come back")
    dock: str = Field("", description="dock on which the robot starts; empty: the site's first")


Feedback = Callable[[Motion, float], None]  # of a motion, after so many seconds


@dataclass
class _Drive:
    """The ride that has the wheels, and whom to tell."""
    ride: Ride
    handle: Any
    done: Future
    feedback: Feedback
    fed_s: float = -math.inf
    shown_path: np.ndarray | None = None


class NavigatorNode(CareNode):
    Parameters = Parameters
    NAME = "navigator"

    def setup(self) -> None:
        self._site = load_site(self.params.site)
        self._robot = self._site.robot
        self._dock = self._dock_named(self.params.dock)
        if self._dock is None:
            raise ValueError(f"the site has no dock {self.params.dock!r}; docks: {self._dock_names()}")
        self._grid = plan_grid(self._site)
        _ = self._grid.costs  # worked out now rather than with the first goal
        self._localizer = Localizer(self._site, _radians(self._dock.pose))
        self._frames = TransformBuffer()
        self._lying = LyingPeople()
        self._odometry: Pose2d | None = None
        self._odometry_s = -math.inf
        self._waiting_scan: LaserScan | None = None
        self._hits = np.zeros((0, 2))  # newest scan on the map
        self._scan_s = -math.inf
        self._charging = False
        self._drive: _Drive | None = None
        self._commands = self.create_publisher(Twist, "/cmd_vel", EVENT)
        self._transforms = self.create_publisher(TFMessage, "/tf", EVENT)
        self._maps = self.create_publisher(OccupancyGrid, "/map", LATCHED)
        self._plans = self.create_publisher(Path, "/plan", LATCHED)
        self._poses = self.create_publisher(PoseWithCovarianceStamped, "/amcl_pose", LATCHED)
        self.create_subscription(Odometry, "/odom", self._on_odometry, STREAM)
        self.create_subscription(LaserScan, "/scan", self._on_scan, STREAM)
        self.create_subscription(TFMessage, "/tf_static", lambda m: self._frames.feed(m, static=True), TF_STATIC)
        self.create_subscription(BatteryState, "/battery_state", self._on_battery, LATCHED)
        self.create_subscription(Bool, "/bumper", self._on_bumper, LATCHED)
        self.create_subscription(People, "/people", self._on_people, RELIABLE_STREAM)
        self.create_subscription(PoseWithCovarianceStamped, "/initialpose", self._on_initial_pose, EVENT)
        self._servers = [
            ActionServer(self, NavigateToPose, "/navigate_to_pose", self._navigate,
                         goal_callback=self._check_goal, cancel_callback=self._cancel),
            ActionServer(self, DockRobot, "/dock_robot", self._dock_robot, cancel_callback=self._cancel),
            ActionServer(self, UndockRobot, "/undock_robot", self._undock_robot, cancel_callback=self._cancel)]
        self._control = self.create_timer(1 / self.params.control_rate_hz, self._step, autostart=False)
        self._beat = self.create_timer(0.2, self._publish_frame)  # for when no scan comes; each scan publishes as well

    def start(self) -> None:
        self._maps.publish(map_message(self._grid, stamp(self.now_s)))
        self.report("scan", "stale", "waiting for the first scan")

    def stop(self) -> None:
        if self._drive:
            self._finish(Outcome("stopped", "the navigator is being stopped"))

    def teardown(self) -> None:
        for server in self._servers:
            server.destroy()

    # --- what comes in ------------------------------------------------------------------------------------------
    def _on_odometry(self, message: Odometry) -> None:
        place, turned = message.pose.pose.position, message.pose.pose.orientation
        pose = pose2d(message.pose.pose)
        self._frames.set("odom", "base_link", seconds(message.header.stamp), (place.x, place.y, place.z),
                         (turned.x, turned.y, turned.z, turned.w))
        if self._odometry is None:
            self._localizer.place(_radians(self._dock.pose), pose)
        self._odometry, self._odometry_s = pose, seconds(message.header.stamp)
        if self._waiting_scan and self._odometry_s >= seconds(self._waiting_scan.header.stamp):
            self._localize(self._waiting_scan)

    def _on_scan(self, message: LaserScan) -> None:
        if self._odometry_s >= seconds(message.header.stamp):
            self._localize(message)
        else:
            self._waiting_scan = message  # the wheels' report for its time is on its way

    def _localize(self, scan: LaserScan) -> None:
        self._waiting_scan = None
        at_s = seconds(scan.header.stamp)
        try:
            odometry = pose2d_from_matrix(self._frames.lookup("odom", "base_link", at_s))
            to_base = self._frames.lookup("base_link", scan.header.frame_id)
        except TransformUnavailable as error:
            self.report("localisation", "error", str(error))
            return
        hits = transform_points(to_base, scan_points(scan))
        fix = self._localizer.update(odometry, hits[:, :2], at_s)
        self._hits = transform_points(matrix_from_pose2d(fix.pose), hits)[:, :2]
        self._scan_s = at_s
        values = {"fit": f"{fix.fit:.2f}", "correction_m": f"{fix.moved_m:.3f}"}
        if fix.lost:
            self.report("localisation", "error", f"lost: {fix.reason}", **values)
        elif fix.reason:
            self.report("localisation", "warn", fix.reason, **values)
        else:
            self.report("localisation", "ok", "on the plan", **values)
        self.report("scan", "ok" if len(hits) else "error",
                    "arriving" if len(hits) else "no beam returns: lidar covered?", beams=len(hits))
        self._publish_frame()
        self._poses.publish(pose_estimate(fix.pose, scan.header.stamp))

    def _on_battery(self, message: BatteryState) -> None:
        self._charging = message.power_supply_status in (BatteryState.POWER_SUPPLY_STATUS_CHARGING,
                                                         BatteryState.POWER_SUPPLY_STATUS_FULL)
        self.report("battery", *battery_health(message.percentage, self._charging))

    def _on_bumper(self, message: Bool) -> None:
        if message.data and self._drive and self._odometry:
            self._drive.ride.bumped(self._localizer.pose(self._odometry))
            self._finish_if_over()

    def _on_people(self, message: People) -> None:
        on_floor = {Person.POSTURE_LYING_ON_FLOOR, Person.POSTURE_SITTING_ON_FLOOR}
        for person in message.people:
            if person.visible and person.position_valid:
                self._lying.see(person.track_id, person.posture in on_floor, (person.head.x, person.head.y),
                                (person.position.x, person.position.y), self.now_s)

    def _on_initial_pose(self, message: PoseWithCovarianceStamped) -> None:
        if self._odometry is None or message.header.frame_id not in ("", "map"):
            self.get_logger().warning("initial pose ignored: it must be in frame map, and odometry must be known")
            return
        self._localizer.place(pose2d(message.pose.pose), self._odometry)

    # --- what goes out ------------------------------------------------------------------------------------------
    def _publish_frame(self) -> None:
        now_s = self.now_s
        if self._odometry is None:
            return
        if now_s < self._scan_s - CLOCK_SET_BACK_S:  # a simulation restarted
            self._scan_s = now_s
        if now_s - self._scan_s > self.params.scan_timeout_s:
            self.report("scan", "stale", "no scan" if math.isinf(self._scan_s)
                        else f"no scan for more than {self.params.scan_timeout_s} s")
        self._transforms.publish(frame_message("map", "odom", self._localizer.map_from_odom, stamp(now_s)))

    # --- one motion at a time -----------------------------------------------------------------------------------
    async def _run(self, handle: Any, motion: Motion, limit_s: float = math.inf,
                   feedback: Feedback = lambda motion, elapsed_s: None) -> Outcome:
        """Give the wheels to a motion until it ends, is cancelled or another goal comes."""
        if self._drive:
            self._finish(Outcome("preempted", "a newer goal came"))
        ride = Ride(motion, self.now_s, limit_s, self.params.give_up_blind_s)
        drive = self._drive = _Drive(ride, handle, Future(executor=self.executor), feedback)
        self._control.reset()
        self._finish_if_over()
        return await drive.done

    def _step(self) -> None:
        """Control timer: one wheel command."""
        drive, now_s = self._drive, self.now_s
        if drive is None:
            return
        if reason := blind(now_s - self._scan_s, self.params.scan_timeout_s, self._localizer.lost):
            self._command(Command())
            self.report("drive", "warn", f"standing still: {reason.message}")
            drive.ride.stand(reason, now_s)
        else:
            pose, lying = self._localizer.pose(self._odometry), self._lying.bodies(now_s)
            self._command(drive.ride.step(pose, self._hits, lying, now_s))
            self._tell(drive, now_s)
        self._finish_if_over()

    def _tell(self, drive: _Drive, now_s: float) -> None:
        """Diagnostics, the way where it is a new one, and feedback a few times a second."""
        motion = drive.ride.motion
        self.report("drive", "warn" if motion.state == "blocked" else "ok", motion.state,
                    remaining_m=f"{motion.remaining_m:.2f}")
        if drive.ride.path is not drive.shown_path:
            drive.shown_path = drive.ride.path
            self._plans.publish(path_message(drive.shown_path, stamp(now_s)))
        if now_s - drive.fed_s >= FEEDBACK_PERIOD_S or now_s < drive.fed_s:
            drive.fed_s = now_s
            drive.feedback(motion, drive.ride.elapsed_s(now_s))

    def _finish_if_over(self) -> None:
        if self._drive and self._drive.ride.outcome:
            self._finish(self._drive.ride.outcome)

    def _finish(self, outcome: Outcome) -> None:
        drive, self._drive = self._drive, None
        self._command(Command())
        if drive.shown_path is not None:
            self._plans.publish(path_message(np.zeros((0, 2)), stamp(self.now_s)))
        self._control.cancel()
        self.report("drive", "ok", "idle" if outcome.arrived else f"idle; the last goal ended: {outcome.message}")
        drive.done.set_result(outcome)

    def _command(self, command: Command) -> None:
        twist = Twist()
        twist.linear.x, twist.angular.z = float(command.speed_mps), float(command.turn_rps)
        self._commands.publish(twist)

    def _cancel(self, handle: Any) -> CancelResponse:
        if self._drive and self._drive.handle.goal_id == handle.goal_id:
            self._finish(Outcome("cancelled", "cancelled by the client"))
        return CancelResponse.ACCEPT

    # --- actions ------------------------------------------------------------------------------------------------
    def _check_goal(self, goal: NavigateToPose.Goal) -> GoalResponse:
        if why := goal_problem(goal.pose):
            self.get_logger().warning(f"goal rejected: {why}")
            return GoalResponse.REJECT
        return GoalResponse.ACCEPT

    async def _navigate(self, handle: Any) -> NavigateToPose.Result:
        def feedback(motion: Motion, elapsed_s: float) -> None:
            message = NavigateToPose.Feedback(navigation_time=duration(elapsed_s), current_pose=pose_message(
                self._localizer.pose(self._odometry), stamp(self.now_s)))
            message.estimated_time_remaining = duration(motion.remaining_m / (0.7 * self._robot.max_speed_mps))
            message.number_of_recoveries, message.distance_remaining = motion.replans, float(motion.remaining_m)
            handle.publish_feedback(message)

        outcome = await self._go(handle, handle.request.pose, feedback=feedback)
        return self._close(handle, outcome, NavigateToPose.Result(
            error_code=NAVIGATION_ERRORS.get(outcome.code, UNKNOWN_ERROR),
            error_msg="" if outcome.arrived else outcome.message))

    async def _dock_robot(self, handle: Any) -> DockRobot.Result:
        request, result, began_s = handle.request, DockRobot.Result(success=False), self.now_s
        dock = self._dock_named(request.dock_id) if request.use_dock_id else None
        if request.use_dock_id and dock is None:
            result.error_code = DockRobot.Result.DOCK_NOT_IN_DB
            result.error_msg = f"the site has no dock {request.dock_id!r}; docks: {self._dock_names()}"
            return self._close(handle, Outcome("no_dock", result.error_msg), result)
        if not await self._awake(handle):
            return self._close(handle, Outcome("no_scan", "no odometry and scans yet"), result)
        pose = _radians(dock.pose) if dock else self._on_map(request.dock_pose)

        def tell(state: int, retries: int) -> Feedback:
            return lambda motion, elapsed_s: handle.publish_feedback(DockRobot.Feedback(
                state=state, num_retries=retries, docking_time=duration(self.now_s - began_s)))

        outcome, result.error_code = Outcome("arrived", ""), DockRobot.Result.FAILED_TO_STAGE
        if request.navigate_to_staging_pose:
            outcome = await self._go(handle, staging_pose(pose), request.max_staging_time,
                                     tell(DockRobot.Feedback.NAV_TO_STAGING_POSE, 0))
        if outcome.arrived:
            outcome, phase, result.num_retries = await self._back_onto(handle, pose, tell)
            result.error_code = DOCKING_ERRORS[phase]
        if outcome.arrived:
            result.success, result.error_code = True, DockRobot.Result.NONE
        else:
            result.error_msg = outcome.message
        return self._close(handle, outcome, result)

    async def _back_onto(self, handle: Any, dock: Pose2d, tell: Callable[[int, int], Feedback]) -> Docked:
        legs = docking(self._robot, dock, lambda: self._charging)
        leg = next(legs)
        while True:
            outcome = await self._run(handle, leg.motion, feedback=tell(DOCKING_STATES[leg.phase], leg.retries))
            try:
                leg = legs.send((outcome, self.now_s))
            except StopIteration as over:
                return over.value

    async def _undock_robot(self, handle: Any) -> UndockRobot.Result:
        outcome = Outcome("no_scan", "no odometry and scans yet")
        if await self._awake(handle):
            ahead = compose2d(self._localizer.pose(self._odometry), (STAGING_M, 0.0, 0.0))
            outcome = await self._run(handle, Straight(self._robot, ahead, backward=False),
                                      handle.request.max_undocking_time)
        return self._close(handle, outcome, UndockRobot.Result(
            success=outcome.arrived, error_msg="" if outcome.arrived else outcome.message,
            error_code=UndockRobot.Result.NONE if outcome.arrived else UndockRobot.Result.FAILED_TO_CONTROL))

    async def _awake(self, handle: Any) -> bool:
        """Wait for the first odometry and scan, where a goal comes before them."""
        if self._odometry is None:
            await self._run(handle, Hold(lambda: self._odometry is not None, self.now_s, math.inf, ""))
        return self._odometry is not None

    async def _go(self, handle: Any, goal: Pose2d | PoseStamped, limit_s: float = math.inf,
                  feedback: Feedback = lambda motion, elapsed_s: None) -> Outcome:
        if not await self._awake(handle):
            return Outcome("no_scan", "no odometry and scans yet: where the robot is is not known")
        if isinstance(goal, PoseStamped):
            goal = self._on_map(goal)
        start = self._localizer.pose(self._odometry)
        journey = Journey(self._grid, self._robot, start, goal, self.now_s, self._lying.bodies(self.now_s))
        return await self._run(handle, journey, limit_s, feedback)

    def _close(self, handle: Any, outcome: Outcome, result: Any) -> Any:
        if outcome.arrived:
            handle.succeed()
        elif handle.is_cancel_requested:
            handle.canceled()
        else:
            self.get_logger().warning(f"goal not reached: {outcome.message}")
            handle.abort()
        return result

    # --- helpers ------------------------------------------------------------------------------------------------
    def _on_map(self, goal: PoseStamped) -> Pose2d:
        pose, frame = pose2d(goal.pose), goal.header.frame_id
        if frame in ("", "map"):
            return pose
        return compose2d(self._localizer.map_from_odom if frame == "odom" else self._localizer.pose(self._odometry),
                         pose)

    def _dock_named(self, dock_id: str) -> Dock | None:
        docks = self._robot.docks
        return next((dock for dock in docks if dock.id == dock_id), None if dock_id else docks[0])

    def _dock_names(self) -> str:
        return ", ".join(dock.id for dock in self._robot.docks)


def _radians(pose_deg: tuple[float, float, float]) -> Pose2d:
    return pose_deg[0], pose_deg[1], math.radians(pose_deg[2])
