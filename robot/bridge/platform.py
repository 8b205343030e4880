"""The line to the care platform: delivers the journal's outbox and the latest states, listens for commands.

Runs on an asyncio loop of its own (one thread); everything it learns goes out through the callbacks of `Listener`.
"""
from __future__ import annotations

import asyncio
import json
import ssl
import threading
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import httpx
from httpx_sse import SSEError, aconnect_sse
from tenacity import AsyncRetrying, retry_if_exception_type, stop_never, wait_exponential_jitter

from robot.bridge.outbox import BATCH_EVENTS, Verdict, cut, judge
from robot.journal import Event, Journal, OutboxRow
from robot.journal_file import JournalError

HEARTBEAT_S = 2.0  # the platform calls a robot lost after five missed ones
TIMEOUT = httpx.Timeout(5.0, connect=3.0)  # an answer takes milliseconds; after this the line is down
COMMANDS_TIMEOUT = httpx.Timeout(5.0, connect=3.0, read=16.0)  # the stream carries a sign of life every 5 s
STEADY_S = 2.0  # a connection that lived this long was a real one
LAST_SEQ = "platform/last_command"
KEPT_IN_MEMORY = 1000  # unjournaled events; a full disk for a whole night of alarms


class PlatformAway(Exception):
    """The platform cannot be reached or does not work now; the text says what to look at."""


class TooMuch(Exception):
    """The platform takes no batch of this size or shape."""


@dataclass(frozen=True)
class Listener:
    """Callbacks, called on the line's thread."""
    health: Callable[[str, str, str], None]  # part, level, message
    command: Callable[[dict[str, Any]], Awaitable[bool]]  # carries it out; False: not possible now, ask again
    heartbeat: Callable[[], Event]


class PlatformLine:
    """Start, feed, stop from any thread. Delivery is at least once; the platform takes each event id once."""

    def __init__(self, url: str, token: str, robot_id: str, journal_path: str, listener: Listener,
                 now_s: Callable[[], float], ca_file: str = "") -> None:
        """`url`: base, http or https; `ca_file`: the authority of a private certificate, PEM; `now_s`: time for dead
        letters. Raises OSError for a CA file that cannot be used."""
        self._url, self._robot_id, self._journal_path = url.rstrip("/"), robot_id, journal_path
        self._headers = {"Authorization": f"Bearer {token}"}
        self._listener, self._now_s = listener, now_s
        self._verify = ssl.create_default_context(cafile=ca_file) if ca_file else True
        self._current: dict[str, Event] = {}  # newest state by type; told anew when the platform comes back
        self._latest: dict[str, Event] = {}  # those of them that are not delivered
        self._memory: OrderedDict[str, Event] = OrderedDict()  # events that the journal does not hold
        self._done: OrderedDict[str, None] = OrderedDict()  # ids delivered or dead, so that nothing is sent again
        self._settled: dict[str, str | None] = {}  # delivered (None) or rejected (why), not yet so in the journal
        self._next_beat_s = 0.0
        self._journal: Journal | None = None
        self._lock = threading.Lock()
        self._loop = asyncio.new_event_loop()
        self._wake: asyncio.Event | None = None
        self._main: asyncio.Task[None] | None = None
        self._thread = threading.Thread(target=self._run, name="platform", daemon=True)

    # --- from any thread ------------------------------------------------------------------------------------------
    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        if self._thread.is_alive():
            with suppress(RuntimeError):  # the loop ended by itself
                self._loop.call_soon_threadsafe(lambda: self._main and self._main.cancel())
            self._thread.join(timeout=5.0)

    def wake(self) -> None:
        """There is something new in the outbox."""
        with suppress(RuntimeError):
            self._loop.call_soon_threadsafe(lambda: self._wake and self._wake.set())

    def tell_latest(self, event: Event) -> None:
        """A state of which only the newest is delivered."""
        with self._lock:
            self._current[event.type] = self._latest[event.type] = event
        self.wake()

    def tell_directly(self, event: Event) -> None:
        """An event that could not be written to the journal; kept in memory until it is delivered."""
        with self._lock:
            if event.id not in self._done:
                self._memory[event.id] = event
                while len(self._memory) > KEPT_IN_MEMORY:
                    self._memory.popitem(last=False)
        self.wake()

    def was_delivered(self, event_id: str) -> bool:
        """Whether this run has seen the platform take the event (or refuse it for good)."""
        with self._lock:
            return event_id in self._done

    # --- on the line's thread -------------------------------------------------------------------------------------
    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._main = self._loop.create_task(self._work())
        with suppress(asyncio.CancelledError):
            self._loop.run_until_complete(self._main)
        self._loop.close()
        if self._journal:
            self._journal.close()

    async def _work(self) -> None:
        self._wake = asyncio.Event()
        async with httpx.AsyncClient(base_url=self._url, headers=self._headers, timeout=TIMEOUT,
                                     verify=self._verify) as client:
            await asyncio.gather(self._keep_trying("platform", lambda: self._deliver(client)),
                                 self._keep_trying("commands", lambda: self._commands(client)))

    async def _keep_trying(self, part: str, step: Callable[[], Awaitable[None]]) -> None:
        """Do the step for ever; while the platform is away try ever more rarely, and deliver at once when waked."""
        sleep = self._sleep_unless_waked if part == "platform" else asyncio.sleep
        while True:  # each success begins a new series of waits
            async for attempt in AsyncRetrying(stop=stop_never, wait=wait_exponential_jitter(0.25, max=5.0, jitter=0.5),
                                               retry=retry_if_exception_type(Exception), sleep=sleep):
                with attempt:
                    try:
                        await step()
                    except Exception as error:  # whatever it is, the line lives on and says so
                        known = isinstance(error, (PlatformAway, JournalError))
                        what = str(error) if known else f"a fault of the bridge: {error!r}"
                        self._listener.health(part, "error", what + (self._waiting() if part == "platform" else ""))
                        with self._lock:
                            self._latest = {**self._current, **self._latest}
                        raise

    async def _sleep_unless_waked(self, delay_s: float) -> None:
        with suppress(asyncio.TimeoutError):
            await asyncio.wait_for(self._wake.wait(), delay_s)

    async def _deliver(self, client: httpx.AsyncClient) -> None:
        """Send one batch of what waits, with a heartbeat when it is time; wait for something when nothing does."""
        self._wake.clear()
        rows = self._rows()
        with self._lock:
            direct, latest = list(self._memory.values())[:BATCH_EVENTS], dict(self._latest)
        beat = [self._listener.heartbeat()] if time.monotonic() >= self._next_beat_s else []
        events = list({e.id: e for e in (*direct, *(row.event for row in rows), *latest.values(), *beat)}.values())
        if not events:
            await self._sleep_unless_waked(self._next_beat_s - time.monotonic())
            return
        verdict = await self._post(client, events)
        if beat:
            self._next_beat_s = time.monotonic() + HEARTBEAT_S
        self._settle(verdict, rows, latest)
        if verdict.unanswered:
            raise PlatformAway(f"the care platform at {self._url} left {len(verdict.unanswered)} events unanswered")
        self._listener.health("platform", "ok", f"connected to {self._url}")

    def _rows(self) -> list[OutboxRow]:
        """The next rows of the outbox that are not settled; none while the journal cannot be read."""
        try:
            if self._journal is None:
                self._journal = Journal(self._journal_path)
            rows = self._journal.outbox(BATCH_EVENTS + len(self._settled))
        except JournalError as error:
            self._journal_failed(error)
            return []
        return cut([row for row in rows if row.event.id not in self._settled][:BATCH_EVENTS])

    def _settle(self, verdict: Verdict, rows: list[OutboxRow], latest: dict[str, Event]) -> None:
        """Write down what became of a batch. What cannot be written is remembered, so that delivery goes on."""
        dead = dict(verdict.rejected)
        finished = {*verdict.accepted, *dead}
        with self._lock:
            for event_id in finished:
                self._memory.pop(event_id, None)
                self._done[event_id] = None
            while len(self._done) > 10 * KEPT_IN_MEMORY:
                self._done.popitem(last=False)
            for type_, event in latest.items():
                if event.id in finished and self._latest.get(type_) is event:
                    del self._latest[type_]
        self._settled.update({row.event.id: dead.get(row.event.id) for row in rows if row.event.id in finished})
        if dead:
            self._listener.health("outbox", "warn", f"the platform rejected {len(dead)} events, now in dead_letters of "
                                                    f"the journal; the first because: {verdict.rejected[0][1]}")
        if not self._settled:
            return
        try:
            with self._journal.transaction():
                self._journal.delivered(i for i, reason in self._settled.items() if reason is None)
                for event_id, reason in self._settled.items():
                    if reason is not None:
                        self._journal.bury(event_id, reason, self._now_s())
        except JournalError as error:
            self._journal_failed(error)
            return
        if not any(self._settled.values()):
            self._listener.health("outbox", "ok", "delivering")
        self._settled.clear()

    def _journal_failed(self, error: JournalError) -> None:
        self._listener.health("outbox", "error", f"{error}; alarms are delivered all the same")
        if error.damaged and self._journal:
            self._journal.close()
            self._journal = None

    async def _post(self, client: httpx.AsyncClient, events: list[Event]) -> Verdict:
        """Send a batch; one that is refused as a whole is halved until the event that spoils it stands alone."""
        body = {"robot_id": self._robot_id, "events": [
            {"id": e.id, "type": e.type, "time": e.time, "payload": e.payload} for e in events]}
        try:
            answer = await client.post("/api/v1/robot/events", json=body)
            self._raise_for(answer)
            return judge([event.id for event in events], answer.json())
        except TooMuch as error:
            if len(events) == 1:
                return Verdict((), ((events[0].id, str(error)),), ())
            half = len(events) // 2
            first, second = await self._post(client, events[:half]), await self._post(client, events[half:])
            return Verdict(first.accepted + second.accepted, first.rejected + second.rejected,
                           first.unanswered + second.unanswered)
        except httpx.HTTPError as error:
            raise PlatformAway(f"no care platform at {self._url} ({_words(error)})") from error
        except ValueError as error:
            raise PlatformAway(f"what answers at {self._url} is no care platform (no JSON)") from error

    def _raise_for(self, answer: httpx.Response) -> None:
        status = answer.status_code
        if status in (401, 403):
            raise PlatformAway(f"the care platform at {self._url} refuses the token; set ANBAN_ROBOT_TOKEN to its own")
        if status in (400, 413, 422):
            raise TooMuch(f"HTTP {status}: {answer.text[:200] if answer.is_closed else ''}")
        if status != 200:
            raise PlatformAway(f"the care platform at {self._url} answers HTTP {status}")

    async def _commands(self, client: httpx.AsyncClient) -> None:
        """Listen to the stream of commands from the last one that was carried out, until it breaks."""
        if self._journal is None:
            self._journal = Journal(self._journal_path)
        last = int(self._journal.fact(LAST_SEQ, "0"))
        began_s = time.monotonic()
        try:
            async with aconnect_sse(client, "GET", "/api/v1/robot/commands", timeout=COMMANDS_TIMEOUT,
                                    params={"after": last, "robot_id": self._robot_id}) as source:
                self._raise_for(source.response)
                self._listener.health("commands", "ok", "listening")
                async for message in source.aiter_sse():
                    if message.data:  # after the first command, httpx-sse hands over the pings in between as well
                        await self._carry_out(message.data)
            broken = "was closed"
        except httpx.HTTPError as error:
            broken = f"broke: {_words(error)}"
        except (SSEError, TooMuch) as error:
            raise PlatformAway(f"what answers at {self._url} has no command stream ({error})") from error
        if time.monotonic() - began_s < STEADY_S:  # a stream that held is opened again at once, others are waited for
            raise PlatformAway(f"the command stream of {self._url} {broken}")
        self._listener.health("commands", "warn", f"the command stream {broken}; opening it again")

    async def _carry_out(self, data: str) -> None:
        """One command, once: it counts as done only when its effect is there, and repeating it has no effect."""
        try:
            command = json.loads(data)
            seq = int(command["seq"])
        except (ValueError, TypeError, KeyError):
            self._listener.health("commands", "warn", f"an unreadable command was left out: {data[:100]!r}")
            return
        if seq <= int(self._journal.fact(LAST_SEQ, "0")):
            return
        while not await self._listener.command(command):
            await asyncio.sleep(0.5)
        self._journal.set_fact(LAST_SEQ, str(seq))

    def _waiting(self) -> str:
        with self._lock:
            count = len(self._memory)
        if self._journal:
            with suppress(JournalError):
                count += self._journal.outbox_length()
        return f"; {count} events wait and will be delivered when it is back"


def _words(error: Exception) -> str:
    return str(error) or type(error).__name__
