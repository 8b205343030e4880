"""The robot's side: `POST /api/v1/robot/events` and the stream `GET /api/v1/robot/commands`."""
from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

from fastapi import APIRouter, Depends, HTTPException, Query, Request
from fastapi.responses import JSONResponse
from sqlalchemy import select
from sse_starlette import EventSourceResponse, ServerSentEvent
from starlette.concurrency import run_in_threadpool

from care.models import Command
from care.platform import Platform
from care.security import same_secret
from care.sessions import platform_of

router = APIRouter(prefix="/api/v1/robot")
MAX_EVENTS = 500
COMMAND_PING_S = 5  # a robot that hears nothing for longer knows that the line is dead


def only_robots(request: Request) -> None:
    """Let in whoever knows the token."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not same_secret(token.strip(), platform_of(request).robot_token):
        raise HTTPException(401, "wrong or missing robot token; send 'Authorization: Bearer <ANBAN_ROBOT_TOKEN>'",
                            {"WWW-Authenticate": "Bearer"})


@router.post("/events", dependencies=[Depends(only_robots)])
async def take_events(request: Request) -> JSONResponse:
    """Take a batch; each event is accepted or rejected on its own."""
    try:
        body = json.loads(await request.body())
        robot_id, events = body["robot_id"], body["events"]
        if not (isinstance(robot_id, str) and 0 < len(robot_id) <= 100 and isinstance(events, list)):
            raise TypeError
        robot_id.encode()
    except (ValueError, TypeError, KeyError):  # UnicodeError and JSONDecodeError are ValueErrors
        raise HTTPException(400, 'the body must be {"robot_id": "…", "events": […]}') from None
    if len(events) > MAX_EVENTS:
        raise HTTPException(413, f"{len(events)} events in one batch; send at most {MAX_EVENTS}")
    receipt = await run_in_threadpool(platform_of(request).take_events, robot_id, events)
    answer: dict[str, Any] = {"accepted": receipt.accepted}
    if receipt.rejected:
        answer["rejected"] = receipt.rejected
    return JSONResponse(answer)


@router.get("/commands", dependencies=[Depends(only_robots)])
async def stream_commands(request: Request, after: int = Query(0, ge=0, le=2**62),
                          robot_id: str | None = Query(None, max_length=100)) -> EventSourceResponse:
    """All commands after `after`, then each as it is given. A client that reconnects by the standard of server-sent
    events (Last-Event-ID) goes on where it was."""
    last = request.headers.get("last-event-id", "")
    start = max(after, int(last)) if last.isascii() and last.isdigit() and len(last) < 19 else after
    platform = platform_of(request)
    return EventSourceResponse(_commands(platform, start, robot_id), ping=COMMAND_PING_S,
                               headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"})


async def _commands(platform: Platform, after: int, robot_id: str | None) -> AsyncIterator[ServerSentEvent]:
    listener = platform.hub.open()
    try:
        while not listener.closed:
            for command in await run_in_threadpool(commands_after, platform, after, robot_id):
                after = command["seq"]
                yield ServerSentEvent(data=json.dumps(command, ensure_ascii=False), id=str(after))
            while "commands" not in await listener.changes(60.0) and not listener.closed:
                pass
    finally:
        platform.hub.leave(listener)


def commands_after(platform: Platform, seq: int, robot_id: str | None = None) -> list[dict[str, Any]]:
    """Commands with a higher number, in order."""
    query = select(Command).where(Command.seq > seq).order_by(Command.seq)
    if robot_id:
        query = query.where(Command.robot_id == robot_id)
    with platform.database.read() as session:
        return [{"seq": c.seq, "type": c.type, "alarm_id": c.alarm_id, "by": c.by, "by_name": c.by_name,
                 "note": c.note, "time": c.time} for c in session.scalars(query)]
