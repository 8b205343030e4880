"""The page's server, on this machine only: one page, and one stream of server-sent events for each that is open.

A stream sends what has changed since it last sent, a few times a second: a slow browser misses pictures, nothing waits
for it.
"""
from __future__ import annotations

import asyncio
import json
import socket
import threading
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import uvicorn
from fastapi import FastAPI
from fastapi.responses import HTMLResponse, StreamingResponse
from starlette.middleware.trustedhost import TrustedHostMiddleware

HOST = "127.0.0.1"
PERIOD_S = 0.2       # five times a second: a robot of half a metre a second moves 10 cm between two looks
KEEP_ALIVE_S = 5.0   # the page takes a longer silence for a broken line
PAGE = Path(__file__).with_name("page.html")
# The page needs nothing from elsewhere; and nothing of a home may go elsewhere.
POLICY = ("default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:; "
          "connect-src 'self'; frame-ancestors 'none'; base-uri 'none'")


class Board:
    """The newest value of each section of the page; threads may put, streams read."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._sections: dict[str, tuple[int, str]] = {}
        self._revision = 0
        self._watchers = 0
        self.closed = False  # the streams end by themselves

    @property
    def watched(self) -> bool:
        """Whether any page is open."""
        return self._watchers > 0

    def put(self, section: str, value: Any) -> None:
        """Set a section to a value for JSON."""
        text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
        with self._lock:
            if self._sections.get(section, (0, ""))[1] != text:
                self._revision += 1
                self._sections[section] = (self._revision, text)

    def clear(self, *sections: str) -> None:
        """Forget what is no longer true when nobody looks: a page that opens later must not show an old picture."""
        with self._lock:
            for section in sections:
                self._sections.pop(section, None)

    def since(self, revision: int) -> tuple[int, list[tuple[str, str]]]:
        """The present revision, and the sections that changed after `revision`."""
        with self._lock:
            changed = [(name, text) for name, (at, text) in self._sections.items() if at > revision]
            return self._revision, changed

    def count(self, change: int) -> None:
        """One page more (1) or less (-1)."""
        with self._lock:
            self._watchers += change


def make_app(board: Board) -> FastAPI:
    app = FastAPI(openapi_url=None)
    # A page of another site could reach this server under a name of its own that leads to 127.0.0.1.
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=[HOST, "localhost"])

    @app.get("/")
    async def page() -> HTMLResponse:
        return HTMLResponse(PAGE.read_text(encoding="utf-8"), headers={
            "Content-Security-Policy": POLICY, "Cache-Control": "no-store"})

    @app.get("/stream")
    async def stream() -> StreamingResponse:
        return StreamingResponse(_events(board), media_type="text/event-stream",
                                 headers={"Cache-Control": "no-store"})

    return app


async def _events(board: Board) -> AsyncIterator[str]:
    board.count(1)
    try:
        revision, silent_s = 0, KEEP_ALIVE_S
        while not board.closed:
            revision, changed = board.since(revision)
            silent_s = 0.0 if changed else silent_s + PERIOD_S
            if changed:
                yield "".join(f"event: {name}\ndata: {text}\n\n" for name, text in changed)
            elif silent_s >= KEEP_ALIVE_S:
                silent_s = 0.0
                yield "event: alive\ndata: 0\n\n"
            await asyncio.sleep(PERIOD_S)
    finally:
        board.count(-1)


class PageServer:
    """Serves a board from a thread of its own until `stop`. Raises OSError where the port is taken."""

    def __init__(self, board: Board, port: int) -> None:
        self._board = board
        self._socket = socket.create_server((HOST, port))
        self.port = self._socket.getsockname()[1]
        self._server = uvicorn.Server(uvicorn.Config(
            make_app(board), log_level="warning", access_log=False, lifespan="off", timeout_graceful_shutdown=1))
        self._thread = threading.Thread(target=self._server.run, kwargs={"sockets": [self._socket]}, name="page",
                                        daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.port}/"

    def stop(self) -> None:
        self._board.closed = True
        self._server.should_exit = True
        self._thread.join(timeout=5.0)
        self._socket.close()
