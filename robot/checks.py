"""What `anban doctor` asks about the ground floor: ROS 2, the machine itself, the voice's engine, the room sensors."""
from __future__ import annotations

import importlib
import os
import shutil
import socket
import subprocess
import tempfile
import threading
from pathlib import Path

import psutil

from robot.doctor import Check, Finding
from robot.environment import outside_environment, prepare
from robot.resources import data_dir

_GIB = 2 ** 30
INTERFACES = ("anban_interfaces.msg", "hri_msgs.msg", "nav2_msgs.action", "simulation_interfaces.srv", "tf2_msgs.msg")
PORTS = {1883: "MQTT broker", 8080: "care platform"}


def ros() -> Finding:
    prepare()
    importlib.import_module("rclpy")
    for package in INTERFACES:
        importlib.import_module(package)
    origin = os.environ.get("ROS_DISTRO", "wheels")
    return Finding("ok", f"rclpy and {len(INTERFACES)} interface packages, from {origin}")


def pictures_between_processes() -> Finding:
    prepare()
    from robot.echo_node import round_trip  # rclpy reads the environment when it is imported
    result = round_trip()
    if result.returned < result.sent:
        return Finding("error", f"only {result.returned} of {result.sent} pictures came back", _DDS_REMEDY)
    return Finding("ok", f"{result.returned} pictures of 640x480 there and back, median {result.median_ms:.1f} ms")


_DDS_REMEDY = ("let nobody override FASTRTPS_DEFAULT_PROFILES_FILE and ROS_AUTOMATIC_DISCOVERY_RANGE; allow UDP on "
               "127.0.0.1; in a container give /dev/shm 1 GB (docker run --shm-size=1g)")


def shared_memory() -> Finding:
    total = psutil.disk_usage("/dev/shm").total
    if total < 512 * 2 ** 20:  # six processes, 32 MiB segment each (config/fastdds.xml), and the browser
        return Finding("warn", f"/dev/shm has {total / 2**20:.0f} MB; pictures may be lost",
                       "docker run --shm-size=1g, or mount -o remount,size=1g /dev/shm")
    return Finding("ok", f"/dev/shm has {total / _GIB:.1f} GB")


def voice() -> Finding:
    program = shutil.which("espeak-ng")
    if program is None:
        return Finding("error", "espeak-ng is missing", "apt-get install espeak-ng")
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "voice.wav"
        subprocess.run([program, "-v", "en-us", "-w", str(file), "good evening"], check=True, timeout=20,
                       env=outside_environment(), capture_output=True)
        return Finding("ok", f"espeak-ng spoke {file.stat().st_size / 44100:.1f} s into a file")


def sound_card() -> Finding:
    cards = Path("/proc/asound/cards")
    listed = cards.read_text(encoding="utf-8").strip() if cards.is_file() else ""
    if not listed or "no soundcards" in listed:
        return Finding("warn", "no sound card: a real robot here would be mute and deaf (the simulated one needs none)",
                       "connect a loudspeaker and a microphone, or go on with the simulation")
    return Finding("ok", listed.splitlines()[0].strip())


def broker() -> Finding:
    """Start mosquitto on a free port and send a message through it."""
    from paho.mqtt import client as mqtt
    program = shutil.which("mosquitto") or shutil.which("/usr/sbin/mosquitto")
    if program is None:
        return Finding("error", "mosquitto is missing", "apt-get install mosquitto")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = subprocess.Popen([program, "-p", str(port)], env=outside_environment(), stdout=subprocess.DEVNULL,
                               stderr=subprocess.DEVNULL)
    got = threading.Event()
    client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, reconnect_on_failure=True)
    client.reconnect_delay_set(1, 1)
    client.on_connect = lambda *_: client.subscribe("anban/doctor", qos=1)
    client.on_subscribe = lambda *_: client.publish("anban/doctor", b"well?", qos=1)
    client.on_message = lambda *_: got.set()
    try:
        client.connect_async("127.0.0.1", port)
        client.loop_start()
        if not got.wait(15):
            return Finding("error", "mosquitto started, but no message came through", "run mosquitto -v and read it")
        return Finding("ok", "a message went through mosquitto")
    finally:
        client.disconnect()
        client.loop_stop()
        process.terminate()
        process.wait(10)


def ports() -> Finding:
    taken = []
    for port, purpose in PORTS.items():
        holder = next((c.pid for c in psutil.net_connections("tcp")
                       if c.status == psutil.CONN_LISTEN and c.laddr.port == port), ...)
        if holder is not ...:
            taken.append(f"{port} ({purpose}) by {psutil.Process(holder).name() if holder else 'another user'}")
    if taken:
        return Finding("warn", f"taken: {', '.join(taken)}",
                       "the demo takes other ports by itself; a real set-up names its own in the launch arguments")
    return Finding("ok", f"{' and '.join(map(str, PORTS))} are free")


def disk() -> Finding:
    free = psutil.disk_usage(str(data_dir())).free / _GIB
    level = "error" if free < 0.5 else "warn" if free < 2 else "ok"
    return Finding(level, f"{free:.1f} GB free in {data_dir()}", "make room, or set ANBAN_DATA to another disk")


def memory() -> Finding:
    free, cores = psutil.virtual_memory().available / _GIB, os.cpu_count() or 1
    level = "warn" if free < 3 or cores < 2 else "ok"
    return Finding(level, f"{free:.1f} GB of memory available, {cores} cores",
                   "the whole demo wants two cores and 3 GB; close other programs")


_SETUP = "run make setup again"
CHECKS = [
    Check("ROS 2", ros, _SETUP),
    Check("pictures over DDS", pictures_between_processes, _DDS_REMEDY),
    Check("shared memory", shared_memory),
    Check("memory", memory),
    Check("disk", disk, "make room, or set ANBAN_DATA to a folder that can be written"),
    Check("ports", ports),
    Check("broker", broker, "apt-get install mosquitto"),
    Check("voice", voice, "apt-get install --reinstall espeak-ng"),
    Check("sound card", sound_card),
]
