"""The programs around the robot that a simulated home needs: an MQTT broker and the care platform."""
from __future__ import annotations

import os
import secrets
import shutil
import socket
import subprocess
import sys
import threading
from dataclasses import dataclass, field
from pathlib import Path

from tenacity import RetryError, Retrying, retry_if_result, stop_after_delay, wait_fixed

from robot import lifeline
from robot.environment import outside_environment

MOSQUITTO = ("mosquitto", "/usr/sbin/mosquitto")  # Debian keeps it where only root looks


class ServiceError(RuntimeError):
    """A program could not be started; the message says what to do."""


@dataclass(frozen=True)
class Account:
    """A caregiver's, with a fresh password."""
    username: str
    display_name: str
    password: str = field(default_factory=lambda: secrets.token_urlsafe(9))


def free_port(wanted: int) -> int:
    """The wanted port of 127.0.0.1 if it is free, else another one."""
    for port in (wanted, 0):
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return probe.getsockname()[1]
    raise ServiceError("no free port on 127.0.0.1")


class Service:
    """A child program that listens on a port of 127.0.0.1; its output goes to a log file."""

    def __init__(self, name: str, command: list[str], port: int, log: Path, environment: dict[str, str]) -> None:
        self.name, self.port, self._log = name, port, log
        self._command, self._environment = command, environment
        self._process: subprocess.Popen | None = None

    @property
    def running(self) -> bool:
        return self._process is not None

    def start(self) -> Service:
        """Start it, also again: on the same port, with what it had kept."""
        with open(self._log, "a") as output:
            self._process = subprocess.Popen(self._command, stdout=output, stderr=subprocess.STDOUT,
                                             env={**self._environment, **lifeline.hold()},
                                             stdin=subprocess.DEVNULL, start_new_session=True)
        return self

    def wait_until_ready(self, timeout_s: float = 60.0) -> None:
        """Return when the port answers. Raises ServiceError with the end of the log."""
        try:
            Retrying(stop=stop_after_delay(timeout_s), wait=wait_fixed(0.05),
                     retry=retry_if_result(lambda answers: not answers))(self._answers)
        except RetryError:
            raise ServiceError(f"{self.name} does not answer on port {self.port} after {timeout_s:.0f} s; "
                               f"its log {self._log} ends:\n{self._tail()}") from None

    def stop(self) -> None:
        """End the program if it runs, kindly at first."""
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process = None

    def _answers(self) -> bool:
        if self._process.poll() is not None:
            raise ServiceError(f"{self.name} ended with status {self._process.returncode}; "
                               f"its log {self._log} ends:\n{self._tail()}")
        with socket.socket() as probe:
            probe.settimeout(0.5)
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def _tail(self) -> str:
        return "\n".join(self._log.read_text(errors="replace").splitlines()[-8:])


def broker(folder: Path, wanted_port: int = 1883) -> Service:
    """Mosquitto on a port of 127.0.0.1, nothing kept; to be started. Raises ServiceError."""
    program = next(filter(None, map(shutil.which, MOSQUITTO)), None)
    if program is None:
        raise ServiceError("no MQTT broker on this machine: apt-get install mosquitto")
    port = free_port(wanted_port)
    config = folder / "mosquitto.conf"
    config.write_text(f"listener {port} 127.0.0.1\nallow_anonymous true\npersistence false\n")
    return Service("the MQTT broker", [program, "-c", str(config)], port, folder / "mosquitto.log",
                   outside_environment())


def platform(folder: Path, token: str, account: Account, wanted_port: int = 8080) -> Service:
    """The care platform on 127.0.0.1 with a database of its own, to be started; one caregiver can log in."""
    port = free_port(wanted_port)
    return Service(
        "the care platform", [sys.executable, "-m", "robot.cli", "care", "serve", "--port", str(port)], port,
        folder / "care.log", {
            **os.environ, "ANBAN_ROBOT_TOKEN": token, "ANBAN_DATABASE_URL": f"sqlite:///{folder / 'care.db'}",
            "ANBAN_FIRST_USER": f"{account.username}:{account.password}:{account.display_name}"})


class Deadline:
    """Calls a function once after a time of the wall clock, unless cancelled."""

    def __init__(self) -> None:
        self._timer: threading.Timer | None = None

    def set(self, delay_s: float, function, *arguments) -> None:
        self.cancel()
        self._timer = threading.Timer(delay_s, function, arguments)
        self._timer.daemon = True
        self._timer.start()

    def cancel(self) -> None:
        if self._timer:
            self._timer.cancel()
