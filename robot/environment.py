"""The environment variables that ROS 2 and its middleware need, in one place for nodes, tests, launcher and doctor.

What the user has set is never overridden.
"""
from __future__ import annotations

import fcntl
import os
import socket
import sys
import tempfile
from pathlib import Path

from robot.resources import resource

# ROS domains map to UDP ports 7400 + 250 * id; above 101 they run into the ports that Linux hands out to anybody.
# Domain 0 is everybody's default and a few more are left to hand-made sessions.
_DOMAINS = range(30, 102)
_LAST_DOMAIN = 232  # whose ports are the last below 65536
# The ROS 2 wheels start every Python again with these two set; programs of the operating system must not see them.
_WHEEL_VARIABLES = ("LD_LIBRARY_PATH", "_ROS_WHEELS_BOOTSTRAP_COMPLETE")
_held_locks: list[object] = []


def ros_variables() -> dict[str, str]:
    """The variables that a ROS 2 process of ours wants, as far as the user has not set them."""
    wanted = {
        "ROS_AUTOMATIC_DISCOVERY_RANGE": "LOCALHOST",  # a resident's picture stays on the machine unless asked for
        "ROS_PYTHON_CHECK_FIELDS": "1",  # without it a field of the wrong type arrives as 0
        "FASTRTPS_DEFAULT_PROFILES_FILE": str(resource("config/fastdds.xml")),  # without it most pictures are lost
        "RCUTILS_LOGGING_BUFFERED_STREAM": "1",
        # The matrices here are small: more threads only wait for one another, at the cost of a whole core a process.
        "OPENBLAS_NUM_THREADS": "1",
    }
    if not os.environ.get("AMENT_PREFIX_PATH"):  # a ROS 2 installation sets it; the wheels live in the environment
        wanted["AMENT_PREFIX_PATH"] = sys.prefix
    return {name: value for name, value in wanted.items() if not os.environ.get(name)}


def prepare() -> None:
    """Set the variables for this process; call it before rclpy is imported.

    Ends the process where the user has set a ROS domain that there is not.
    """
    domain = os.environ.get("ROS_DOMAIN_ID") or "0"
    if not (domain.isascii() and domain.isdigit() and int(domain) <= _LAST_DOMAIN):
        raise SystemExit(f"ROS_DOMAIN_ID={domain}: there is no such ROS domain; write a number from 0 to "
                         f"{_LAST_DOMAIN} (up to {_DOMAINS[-1]} no other program takes its ports), or unset it")
    os.environ.update(ros_variables())


def outside_environment() -> dict[str, str]:
    """A copy of the environment for programs that are no part of ROS (browser, broker, voice)."""
    return {name: value for name, value in os.environ.items() if name not in _WHEEL_VARIABLES}


def reserve_domain() -> int:
    """A ROS domain id that nobody on this machine uses, held until this process ends.

    Raises RuntimeError when all are taken.
    """
    for offset in range(len(_DOMAINS)):
        domain = _DOMAINS[(os.getpid() + offset) % len(_DOMAINS)]
        lock = open(_lock_file(domain), "w")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.close()
            continue
        if _first_participant_port_is_free(domain):
            _held_locks.append(lock)
            return domain
        lock.close()
    raise RuntimeError(f"all ROS domains from {_DOMAINS[0]} to {_DOMAINS[-1]} are in use; set ROS_DOMAIN_ID yourself")


def join_simulation() -> None:
    """For commands that watch: enter the ROS domain of the simulation that runs here, unless the user has set one.

    Says so, and ends the command where several run.
    """
    if os.environ.get("ROS_DOMAIN_ID"):
        return
    domains = [domain for domain in _DOMAINS if _is_held(domain)]
    if len(domains) > 1:
        raise SystemExit(f"Simulations run here in the ROS domains {', '.join(map(str, domains))}; say which one is "
                         f"meant: ROS_DOMAIN_ID={domains[0]}")
    if domains:
        os.environ["ROS_DOMAIN_ID"] = str(domains[0])
        print(f"A simulation runs here, in ROS domain {domains[0]}: joining it (ROS_DOMAIN_ID=0: the robot itself).")


def _lock_file(domain: int) -> Path:
    return Path(tempfile.gettempdir()) / f"anban-ros-domain-{os.getuid()}-{domain}.lock"


def _is_held(domain: int) -> bool:
    try:
        with _lock_file(domain).open() as lock:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True
    return False


def _first_participant_port_is_free(domain: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.bind(("127.0.0.1", 7400 + 250 * domain + 10))
        except OSError:
            return False
    return True
