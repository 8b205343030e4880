"""A room for the dialogue node: a ROS node that is its clock, its air and its resident."""
from __future__ import annotations

import threading
import time
from array import array

import numpy as np
import rclpy
from anban_interfaces.action import Ask, Say
from anban_interfaces.msg import AudioChunk, Intent
from diagnostic_msgs.msg import DiagnosticArray
from rclpy.action import ActionClient
from rclpy.executors import SingleThreadedExecutor
from rosgraph_msgs.msg import Clock
from scipy.signal import resample_poly
from std_msgs.msg import Bool, String

from robot.ros import EVENT, LATCHED, RELIABLE_STREAM, STREAM, stamp
from tests.dialogue import sounds

CHUNK = 1600
START_S = 1_000_000.0
UTTERANCE_ENDS_S = 4.0  # the longest patience of the ears, and the recognising


class Room:
    """A room with a clock: 0.1 s of sound per step; the robot's voice rings on in it for 0.3 s."""

    next_start_s = START_S

    def __init__(self) -> None:
        self.node = rclpy.create_node("room")
        self._clock = self.node.create_publisher(Clock, "/clock", STREAM)
        self._audio = self.node.create_publisher(AudioChunk, "/audio/in", RELIABLE_STREAM)
        self.spoken: list[tuple[float, AudioChunk]] = []
        self.intents: list[Intent] = []
        self.overheard: list[Intent] = []
        self.captions: list[str] = []
        self.health: dict[str, tuple[int, str]] = {}
        self.node.create_subscription(AudioChunk, "/audio/out", self._on_out, EVENT)
        self.node.create_subscription(Intent, "/intents", self.intents.append, EVENT)
        self.node.create_subscription(Intent, "/overheard", self.overheard.append, EVENT)
        self.touch = self.node.create_publisher(Bool, "/touch", EVENT)
        self.node.create_subscription(String, "/robot/face", lambda m: self.captions.append(m.data), LATCHED)
        self.node.create_subscription(DiagnosticArray, "/diagnostics", self._on_health, EVENT)
        self.ask, self.say = ActionClient(self.node, Ask, "/ask"), ActionClient(self.node, Say, "/say")
        self.now_s = Room.next_start_s  # one node hears one room after the other: time goes on
        self.microphone_on = True
        self.answer = lambda turn: None  # what the resident says after the robot's turn-th utterance: float sound
        self.answer_ended_s = 0.0
        self._pending = self._own = np.zeros(0)
        self._quiet_s = 0.0  # until when there is sound of the resident
        self._executor = SingleThreadedExecutor()
        self._executor.add_node(self.node)
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _on_out(self, chunk: AudioChunk) -> None:
        self.spoken.append((self.now_s, chunk))
        if not len(chunk.samples):
            self._own = self._own[:0]
            return
        turn = sum(1 for _, c in self.spoken if len(c.samples))
        own = resample_poly(np.array(chunk.samples) / 32768, sounds.RATE // 50, chunk.sample_rate // 50) * 0.4
        echo = np.concatenate([own, np.zeros(4800)])
        echo[4800:] += 0.3 * own
        said = self.answer(turn)
        if said is not None:
            gap = np.zeros(int(0.9 * sounds.RATE))
            self.answer_ended_s = self.now_s + (len(echo) + len(gap) + len(said)) / sounds.RATE
            self.play(np.concatenate([np.zeros(len(echo)), gap, said]))
        self._own = echo

    def _on_health(self, message: DiagnosticArray) -> None:
        for status in message.status:
            self.health[status.name] = (status.level[0], status.message)

    def play(self, sound: np.ndarray) -> None:
        """Sound (float) in the room from now on."""
        longer = np.zeros(max(len(sound), len(self._pending)))
        longer[:len(self._pending)] += self._pending
        longer[:len(sound)] += sound
        self._pending, self._quiet_s = longer, self.now_s + len(longer) / sounds.RATE

    def _run(self) -> None:
        due = time.monotonic()
        floor = sounds.silence(60, seed=3)
        while not self._ended.is_set():
            self._executor.spin_once(timeout_sec=max(0.0, due - time.monotonic()))
            if time.monotonic() < due:
                continue
            due += 0.1
            sound, self._pending = self._pending[:CHUNK], self._pending[CHUNK:]
            own, self._own = self._own[:CHUNK], self._own[CHUNK:]
            at = int((self.now_s - START_S) * 10) % 590 * CHUNK
            chunk = floor[at:at + CHUNK].copy()
            chunk[:len(sound)] += sound
            chunk[:len(own)] += own
            samples = np.round(np.clip(chunk, -1, 1) * 32767).astype(np.int16)
            message = AudioChunk(sample_rate=sounds.RATE, samples=array("h", samples.tobytes()))
            message.header.stamp = stamp(self.now_s)
            self.now_s += CHUNK / sounds.RATE
            self._clock.publish(Clock(clock=stamp(self.now_s)))
            if self.microphone_on:
                self._audio.publish(message)

    def send(self, client: ActionClient, goal, phases: list[str] | None = None):
        """Send a goal; its handle, once accepted, and the future of its result. Its phases are added to `phases`."""
        assert client.wait_for_server(60.0), "the dialogue node offers no action"
        told = None if phases is None else lambda message: phases.append(message.feedback.phase)
        sent = client.send_goal_async(goal, feedback_callback=told)
        self.wait(sent.done)
        result = sent.result().get_result_async()
        return sent.result(), result

    def result(self, client: ActionClient, goal):
        """Send a goal and wait for its result."""
        _, result = self.send(client, goal)
        self.wait(result.done)
        return result.result().result

    def wait(self, condition, timeout_s: float = 90.0) -> None:
        deadline = time.monotonic() + timeout_s
        while not condition():
            assert time.monotonic() < deadline, "did not happen in time"
            time.sleep(0.02)

    def close(self) -> None:
        """Let what was being said be heard to its end: what follows a call for help would break into the next test."""
        self.wait(lambda: self.now_s > self._quiet_s + UTTERANCE_ENDS_S)
        self._ended.set()
        self._thread.join()
        Room.next_start_s = self.now_s
        self._executor.shutdown()
        self.node.destroy_node()
