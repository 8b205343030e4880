"""The one place for ROS plumbing: lifecycle node base, named QoS profiles, diagnostics, process entry.

A node file declares its parameters as a pydantic model, subscribes, converts, calls its core, publishes.
"""
from __future__ import annotations

import importlib
import os
import signal
import sys
import traceback
from array import array
from collections import deque
from collections.abc import Callable
from typing import Any

import rclpy
from builtin_interfaces.msg import Time as TimeMessage
from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus, KeyValue
from pydantic import BaseModel, ConfigDict, ValidationError
from rcl_interfaces.msg import ParameterDescriptor, SetParametersResult
from rclpy.clock import Clock, ClockType
from rclpy.executors import ExternalShutdownException, SingleThreadedExecutor
from rclpy.lifecycle import LifecycleNode, LifecycleState, TransitionCallbackReturn
from rclpy.parameter import Parameter
from rclpy.qos import DurabilityPolicy, HistoryPolicy, QoSProfile, ReliabilityPolicy
from rclpy.signals import SignalHandlerOptions
from rclpy.subscription import Subscription
from rclpy.timer import Timer
from tf2_msgs.msg import TFMessage

from robot.transforms import TransformBuffer


def _qos(depth: int, reliability: ReliabilityPolicy, durability: DurabilityPolicy) -> QoSProfile:
    return QoSProfile(history=HistoryPolicy.KEEP_LAST, depth=depth, reliability=reliability, durability=durability)


# Streams where the newest counts: a reader may miss one. Publishers of images use RELIABLE_STREAM (the tuned DDS
# profile carries them without loss) and readers either.
STREAM = _qos(5, ReliabilityPolicy.BEST_EFFORT, DurabilityPolicy.VOLATILE)
RELIABLE_STREAM = _qos(5, ReliabilityPolicy.RELIABLE, DurabilityPolicy.VOLATILE)
# Things that happen: every one counts.
EVENT = _qos(100, ReliabilityPolicy.RELIABLE, DurabilityPolicy.VOLATILE)
# State: a late joiner gets the last one at once.
LATCHED = _qos(1, ReliabilityPolicy.RELIABLE, DurabilityPolicy.TRANSIENT_LOCAL)
# Static transforms: each of several publishers keeps its own last one.
TF_STATIC = _qos(100, ReliabilityPolicy.RELIABLE, DurabilityPolicy.TRANSIENT_LOCAL)


def is_reliable(profile: QoSProfile) -> bool:
    """Whether a publisher with this profile resends what was lost."""
    return profile.reliability == ReliabilityPolicy.RELIABLE


class NodeParameters(BaseModel):
    """Parameters of a node. A field's description becomes the ROS descriptor; `autostart` activates at start."""
    model_config = ConfigDict(extra="forbid", validate_default=True)
    autostart: bool = True
    site: str = ""  # path of the site file, where the node needs one


def seconds(stamp: TimeMessage) -> float:
    """Seconds of a message stamp."""
    return stamp.sec + stamp.nanosec * 1e-9


def stamp(time_s: float) -> TimeMessage:
    """Message stamp of a time in seconds."""
    whole = int(time_s // 1)
    return TimeMessage(sec=whole, nanosec=min(int(round((time_s - whole) * 1e9)), 999_999_999))


def parameters(**values: Any) -> list[Parameter]:
    """Values for a node's `parameter_overrides`, where a program rather than a launch file starts it."""
    return [Parameter(name, value=value) for name, value in values.items()]


def message_type(name: str) -> type:
    """The class of a message type ("std_msgs/msg/Header"). Raises LookupError where it is not installed."""
    package, _, kind = name.partition("/msg/")
    try:
        return getattr(importlib.import_module(f"{package}.msg"), kind)
    except (ImportError, AttributeError) as error:
        raise LookupError(f"{name} is not installed") from error


def pixels(image: Any) -> array:
    """`Image.data` from a C-contiguous numpy array: the one form that rclpy takes without copying byte by byte."""
    return array("B", image.tobytes())


class CareNode(LifecycleNode):
    """A lifecycle node with checked parameters and diagnostics.

    Subclasses set `Parameters` and override `setup` (make publishers, subscriptions, servers; raise to refuse) and,
    where they need it, `start`, `stop` and `teardown`. `self.params` holds the validated parameters.
    """
    Parameters: type[NodeParameters] = NodeParameters
    NAME = "care_node"

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(self.NAME, **kwargs)
        self.exit_status = 0
        self._health: dict[str, tuple[bytes, str, dict[str, str]]] = {}
        values = {}
        for name, field in self.Parameters.model_fields.items():
            default = field.get_default(call_default_factory=True)
            descriptor = ParameterDescriptor(description=field.description or name)
            values[name] = self.declare_parameter(name, default, descriptor).value
        try:
            self.params = self.Parameters(**values)
        except ValidationError as error:
            raise SystemExit(f"{self.NAME}: wrong parameter: {_readable(error)}") from None
        self.add_on_set_parameters_callback(self._check_parameters)
        self._diagnostics = self.create_publisher(DiagnosticArray, "/diagnostics", EVENT)
        # Of the wall clock: a node is alive also while a simulation stands still.
        self._diagnostics_timer = self.create_timer(1.0, self._publish_diagnostics,
                                                    clock=Clock(clock_type=ClockType.STEADY_TIME))

    # --- for subclasses -------------------------------------------------------------------------------------------
    def setup(self) -> None:
        """Make publishers, subscriptions and servers."""

    def start(self) -> None:
        """Begin to act."""

    def stop(self) -> None:
        """Cease to act; must be safe to call twice."""

    def teardown(self) -> None:
        """Free what setup took (threads, files, sockets)."""

    @property
    def now_s(self) -> float:
        """ROS time in seconds."""
        return self.get_clock().now().nanoseconds * 1e-9

    def report(self, part: str, level: str, message: str, **values: Any) -> None:
        """Set the health of one part: level "ok", "warn", "error" or "stale". A change is logged once."""
        code = {"ok": DiagnosticStatus.OK, "warn": DiagnosticStatus.WARN, "error": DiagnosticStatus.ERROR,
                "stale": DiagnosticStatus.STALE}[level]
        before = self._health.get(part)
        self._health[part] = (code, message, {k: str(v) for k, v in values.items()})
        if before is None or before[0] != code:
            if level == "ok":
                if before is not None:
                    self.get_logger().info(f"{part}: {message}")
            elif level == "error":
                self.get_logger().error(f"{part}: {message}")
            else:
                self.get_logger().warning(f"{part}: {message}")
            self._publish_diagnostics()

    def follow_clock(self) -> None:
        """Take the time from /clock where somebody publishes it: for tools, which are not told of a simulation."""
        if not self.get_parameter("use_sim_time").value and self.count_publishers("/clock"):
            self.set_parameters([Parameter("use_sim_time", value=True)])

    def end(self, status: int = 0) -> None:
        """End this process as Ctrl-C does, with an exit status."""
        self.exit_status = status
        signal.raise_signal(signal.SIGINT)

    def create_timer(self, timer_period_sec: float, callback: Callable, callback_group: Any = None,
                     clock: Clock | None = None, autostart: bool = True) -> Timer:
        """A timer of the simulated time, or else of a clock that nobody sets: where the computer's clock is set back by
        an hour, as at the first network after a power cut, a timer of ROS time would stand still for that hour."""
        if clock is None and not self.get_parameter("use_sim_time").value:
            clock = Clock(clock_type=ClockType.STEADY_TIME)
        return super().create_timer(timer_period_sec, callback, callback_group, clock, autostart)

    # --- lifecycle ------------------------------------------------------------------------------------------------
    def on_configure(self, state: LifecycleState) -> TransitionCallbackReturn:
        self._own = [entity for entity, _ in self._entities()]
        try:
            self.setup()
        except Exception as error:  # a node that cannot start says why and stays unconfigured
            self.get_logger().error(f"cannot start: {error}")
            self.get_logger().debug(traceback.format_exc())
            self.report("start", "error", str(error))
            return TransitionCallbackReturn.FAILURE
        return TransitionCallbackReturn.SUCCESS

    def on_activate(self, state: LifecycleState) -> TransitionCallbackReturn:
        self.start()
        self.report("start", "ok", "active")
        return super().on_activate(state)

    def on_deactivate(self, state: LifecycleState) -> TransitionCallbackReturn:
        self.stop()
        return super().on_deactivate(state)

    def on_cleanup(self, state: LifecycleState) -> TransitionCallbackReturn:
        self.teardown()
        for entity, destroy in self._entities():  # configured again, the node would hear everything twice
            if entity not in self._own:
                destroy(entity)
        return super().on_cleanup(state)

    def on_shutdown(self, state: LifecycleState) -> TransitionCallbackReturn:
        self.stop()
        self.teardown()
        return super().on_shutdown(state)

    # --- inside ---------------------------------------------------------------------------------------------------
    def _entities(self) -> list[tuple[Any, Callable[[Any], bool]]]:
        """All that this node has in the middleware, each with what takes it away."""
        return [(entity, destroy) for entities, destroy in (
            (self.subscriptions, self.destroy_subscription), (self.publishers, self.destroy_publisher),
            (self.timers, self.destroy_timer), (self.guards, self.destroy_guard_condition),
            (self.services, self.destroy_service), (self.clients, self.destroy_client)) for entity in entities]

    def _check_parameters(self, changes: list[Any]) -> SetParametersResult:
        known = {p.name: p.value for p in changes if p.name in self.Parameters.model_fields}
        try:
            self.params = self.Parameters(**{**self.params.model_dump(), **known})
        except ValidationError as error:
            return SetParametersResult(successful=False, reason=_readable(error))
        return SetParametersResult(successful=True)

    def _publish_diagnostics(self) -> None:
        if not self._health:
            return
        message = DiagnosticArray()
        message.header.stamp = self.get_clock().now().to_msg()
        for part, (level, text, values) in self._health.items():
            message.status.append(DiagnosticStatus(
                level=level, name=f"{self.NAME}: {part}", message=text, hardware_id=self.NAME,
                values=[KeyValue(key=k, value=v) for k, v in values.items()]))
        self._diagnostics.publish(message)


def _readable(error: ValidationError) -> str:
    return "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())


def listen_to_transforms(node: CareNode, buffer: TransformBuffer) -> Subscription:
    """Feed a buffer from /tf. Returns the subscription, to be destroyed by who no longer listens.

    An executor hands over one message of a topic per turn; a node whose turns are long (a picture takes 40 ms) would
    fall ever further behind the transforms, so all that wait are taken at once.
    """
    def take(message: TFMessage) -> None:
        buffer.feed(message)
        while (waiting := subscription.handle.take_message(TFMessage, False)) is not None:
            buffer.feed(waiting[0])

    subscription = node.create_subscription(TFMessage, "/tf", take, EVENT)
    return subscription


class ReliableCalls:
    """Service calls that are not lost: in order, one at a time, waiting for the server and repeated until answered.

    For services that take the same request twice without harm. `report(part)` in the node's diagnostics says when a
    server is away.
    """
    RETRY_S = 2.0  # a local service answers in milliseconds; after two seconds the request or the answer is lost

    def __init__(self, node: CareNode) -> None:
        self._node = node
        self._queue: deque[tuple[Any, Any]] = deque()
        self._attempt = 0
        self._sent_s: float | None = None
        node.create_timer(0.2, self._look_after)

    def call(self, client: Any, request: Any) -> None:
        """Queue a request."""
        self._queue.append((client, request))
        if len(self._queue) == 1:
            self._send()

    def _send(self) -> None:
        client, request = self._queue[0]
        if not client.service_is_ready():
            self._sent_s = None
            self._node.report(client.srv_name, "error", f"nobody serves it; {len(self._queue)} requests wait")
            return
        self._attempt += 1
        self._sent_s = self._node.now_s
        attempt = self._attempt
        client.call_async(request).add_done_callback(lambda future: self._answered(client, attempt, future.result()))

    def _answered(self, client: Any, attempt: int, answer: Any) -> None:
        if attempt != self._attempt or not self._queue:
            return  # the answer to a request that was repeated meanwhile
        self._queue.popleft()
        self._sent_s = None
        self._node.report(client.srv_name, "ok" if answer.success else "warn", answer.message or "answered")
        if self._queue:
            self._send()

    def _look_after(self) -> None:
        if self._queue and (self._sent_s is None or abs(self._node.now_s - self._sent_s) > self.RETRY_S):
            self._send()


def run(*factories: Callable[[], CareNode], args: list[str] | None = None, insist: bool = False) -> int:
    """Run nodes in this process on one single-threaded executor until SIGINT or SIGTERM. Returns the exit status.

    A node that cannot start stays, for a lifecycle manager to try again; `insist`: it ends the process.
    """
    rclpy.init(args=args, signal_handler_options=SignalHandlerOptions.NO)
    executor, nodes, stopping = SingleThreadedExecutor(), [], []

    def stop(signum: int, frame: Any) -> None:
        stopping.append(signum)
        executor.wake()

    signal.signal(signal.SIGINT, stop)
    signal.signal(signal.SIGTERM, stop)
    status = 0
    try:
        for factory in factories:
            node = factory()
            nodes.append(node)
            executor.add_node(node)
        for node in nodes:
            if node.params.autostart and (
                    node.trigger_configure() != TransitionCallbackReturn.SUCCESS
                    or node.trigger_activate() != TransitionCallbackReturn.SUCCESS):
                status = 1
        while not (stopping or status and insist) and rclpy.ok():
            executor.spin_once(timeout_sec=1.0)
    except ExternalShutdownException:
        status = status or 0
    finally:
        for node in reversed(nodes):
            node.trigger_shutdown()
        executor.shutdown(2.0)
        for node in nodes:
            node.destroy_node()
        rclpy.try_shutdown()
    return max(status, *(node.exit_status for node in nodes), 0)


def compose(argv: list[str] | None = None) -> int:
    """Entry of the `compose` executable: `compose package.module:Class [...] [--ros-args ...]` in one process."""
    argv = list(sys.argv[1:] if argv is None else argv)
    split = argv.index("--ros-args") if "--ros-args" in argv else len(argv)
    names, ros_args = argv[:split], argv[split:]
    if not names or names[0] in ("-h", "--help"):
        print("usage: compose package.module:NodeClass [...] [--ros-args ...]\n"
              "example: compose perception.people_node:PeopleNode perception.fall_node:FallNode "
              "--ros-args -p use_sim_time:=true")
        return 0 if names else 2
    factories = []
    for name in names:
        module, _, attribute = name.partition(":")
        try:
            factories.append(getattr(importlib.import_module(module), attribute))
        except (ImportError, AttributeError) as error:
            print(f"compose: no node {name!r}: {error}", file=sys.stderr)
            return 2
    os.environ.setdefault("ROS_PYTHON_CHECK_FIELDS", "1")
    return run(*factories, args=[sys.argv[0], *ros_args])
