"""The web application: routes, guards around them, and the watch over the robots."""
from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator
from pathlib import Path

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse
from fastapi.staticfiles import StaticFiles
from sqlalchemy import text
from sqlalchemy.exc import OperationalError
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from care import pages, robot_api, sessions
from care.platform import Platform

log = logging.getLogger("care")
MAX_BODY = {"/api/v1/robot/": 12_000_000}  # a batch with several snapshots; caregivers send forms
MAX_FORM = 64_000
HEADERS = {
    "content-security-policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
                               "connect-src 'self'; form-action 'self'; manifest-src 'self'; base-uri 'none'; "
                               "frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=()",
    "cross-origin-opener-policy": "same-origin",
}


def create_app(platform: Platform) -> FastAPI:
    """The application over a platform; the caller owns and closes its database."""

    @contextlib.asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        watch = asyncio.create_task(platform.watch_robots())
        yield
        watch.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await watch
        platform.hub.close()

    app = FastAPI(title="Anban care platform", docs_url=None, redoc_url=None, openapi_url=None, lifespan=lifespan)
    app.state.platform = platform
    app.include_router(robot_api.router)
    app.include_router(pages.router)
    app.mount("/static", StaticFiles(directory=Path(__file__).parent / "static"), name="static")
    app.add_exception_handler(sessions.NotLoggedIn, sessions.to_login)
    app.add_exception_handler(OperationalError, _database_away)
    app.add_middleware(Guard)

    @app.get("/healthz")
    def health(request: Request) -> dict[str, str]:
        with platform.database.read() as session:
            session.execute(text("select 1"))
        return {"status": "ok"}

    return app


async def _database_away(request: Request, error: Exception) -> JSONResponse:
    log.error("database: %s", getattr(error, "orig", error))
    return JSONResponse({"detail": "the database does not answer; try again"}, 503, {"Retry-After": "2"})


class Guard:
    """Limits the size of bodies, also of those that do not state it, and adds the security headers."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        limit = next((size for prefix, size in MAX_BODY.items() if scope["path"].startswith(prefix)), MAX_FORM)
        stated = dict(scope["headers"]).get(b"content-length", b"0")
        taken = 0
        answered = False

        async def limited_receive() -> Message:
            nonlocal taken
            message = await receive()
            taken += len(message.get("body", b""))
            if taken > limit:
                raise _TooLarge
            return message

        async def send_with_headers(message: Message) -> None:
            nonlocal answered
            if message["type"] == "http.response.start":
                answered = True
                present = {name.lower() for name, _ in message["headers"]}
                message["headers"] = [*message["headers"], *((name.encode(), value.encode()) for name, value
                                                             in HEADERS.items() if name.encode() not in present)]
            await send(message)

        try:
            if stated.isdigit() and int(stated) > limit:
                raise _TooLarge
            await self.app(scope, limited_receive, send_with_headers)
        except _TooLarge:
            if answered:
                raise
            answer = JSONResponse({"detail": f"the body is larger than {limit} bytes"}, 413, {"Connection": "close"})
            await answer(scope, receive, send_with_headers)


class _TooLarge(Exception):
    """The body is larger than its route allows."""
