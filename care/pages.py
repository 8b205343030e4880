"""The caregivers' side: login, the live board, its stream, answers to alarms, snapshots, the audit trail."""
from __future__ import annotations

import hashlib
import json
from collections.abc import AsyncIterator
from datetime import datetime, timedelta, timezone
from functools import cache
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

from fastapi import APIRouter, Body, Form, HTTPException, Query, Request, Response
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from sqlalchemy import delete, select
from sse_starlette import EventSourceResponse, ServerSentEvent
from starlette.concurrency import run_in_threadpool

from care import board
from care.models import Audit, Login, Snapshot, User
from care.platform import Platform
from care.security import SESSION_S, check_password, same_secret
from care.sessions import (
    COOKIE,
    Actor,
    Visitor,
    Who,
    from_own_site,
    keep_language,
    language_of,
    platform_of,
    user_of,
    visitor,
)
from care.words import LANGUAGES, words

router = APIRouter()
BEAT_S = 2.0  # the page calls the connection lost after 7 s without one
CHECK_SESSION_EVERY = 15  # beats
AUDIT_PAGE = 100
_HERE = Path(__file__).parent
_templates = Environment(loader=FileSystemLoader(_HERE / "templates"), autoescape=True, undefined=StrictUndefined,
                         trim_blocks=True, lstrip_blocks=True)


@cache
def _digest(name: str) -> str:
    return hashlib.sha256((_HERE / "static" / name).read_bytes()).hexdigest()[:12]


def static(name: str) -> str:
    """Address of a static file that changes with its content."""
    return f"/static/{name}?v={_digest(name)}"


def _page(request: Request, template: str, status: int = 200, **values: Any) -> HTMLResponse:
    language = language_of(request)
    html = _templates.get_template(template).render(t=words(language), languages=LANGUAGES, static=static, **values)
    page = HTMLResponse(html, status, {"Cache-Control": "no-store"})
    if "lang" in request.query_params:
        keep_language(page, language)
    return page


# --- coming and going ------------------------------------------------------------------------------------------------
@router.get("/login")
def login_form(request: Request) -> Response:
    return _page(request, "login.html", message="", name="")


@router.post("/login")
def log_in(request: Request, username: str = Form("", max_length=100),
           password: str = Form("", max_length=1000)) -> Response:
    platform, t = platform_of(request), words(language_of(request))
    address = request.client.host if request.client else ""
    name = username.strip()
    if not from_own_site(request):
        return _page(request, "login.html", 403, message=t("login.foreign"), name=name)
    wait_s = platform.limiter.wait_s(name, address, platform.steady())
    if wait_s > 0:
        page = _page(request, "login.html", 429, message=t("login.wait", seconds=int(wait_s) + 1), name=name)
        page.headers["Retry-After"] = str(int(wait_s) + 1)
        return page
    with platform.database.read() as session:
        user = session.get(User, name)
    known = user is not None and not user.disabled
    if not check_password(user.password_hash if known else None, password):
        platform.limiter.failed(name, address, platform.steady())
        platform.audit(name, "login_failed", address=address)
        return _page(request, "login.html", 401, message=t("login.wrong"), name=name)
    platform.limiter.succeeded(name, address)
    cookie, now_s = platform.tokens.new(), platform.wall().timestamp()
    with platform.database.write() as session:
        session.execute(delete(Login).where(Login.expires_s < now_s))
        session.add(Login(token_hash=platform.tokens.stored(cookie), user_name=user.name, created_s=now_s,
                          expires_s=now_s + SESSION_S))
    platform.audit(user.name, "login", address=address)
    answer = RedirectResponse("/", 303)
    answer.set_cookie(COOKIE, cookie, httponly=True, samesite="lax", secure=request.url.scheme == "https")
    return answer


@router.post("/logout")
def log_out(request: Request, who: Who, csrf: str = Form("")) -> Response:
    platform = platform_of(request)
    if not same_secret(csrf, who.csrf):
        raise HTTPException(403, "the page's forgery token is missing or old; reload the page")
    with platform.database.write() as session:
        session.execute(delete(Login).where(Login.token_hash == who.stored))
    platform.audit(who.user.name, "logout")
    answer = RedirectResponse("/login", 303)
    answer.delete_cookie(COOKIE)
    return answer


@router.get("/language/{code}")
def choose_language(request: Request, code: str) -> Response:
    back = urlsplit(request.headers.get("referer", "")).path
    answer = RedirectResponse(back if back in ("/login", "/audit") else "/", 303)
    keep_language(answer, code)
    return answer


# --- the board -------------------------------------------------------------------------------------------------------
@router.get("/")
def show_board(request: Request, who: Who) -> Response:
    platform, language = platform_of(request), language_of(request)
    regions = {name: render_region(platform, name, language, who.may("act")) for name in board.REGIONS}
    t = words(language)
    texts = {key: t(key) for key in ("live.connecting", "live.live", "live.lost", "live.back", "live.sound_on",
                                     "live.sound_off", "alarm.first_was", "alarm.already", "alarm.failed", "alarm.gone",
                                     "title.said", "app.name")}
    texts |= {f"ago.{key}": text for key, text in t.group("ago").items()}
    texts |= {f"priority.{key}": text for key, text in t.group("priority").items()}
    return _page(request, "board.html", who=who, regions=regions, texts=texts)


def render_region(platform: Platform, name: str, language: str, may_act: bool) -> str:
    """HTML of one region as it is now; rendered once for all who see it alike."""
    key, revision = (name, language, may_act), platform.hub.revision(name)
    if platform.rendered.get(key, (None, ""))[0] == revision:
        return platform.rendered[key][1]
    t = words(language)
    with platform.database.read() as session:
        data = board.region(session, name, t, platform.wall().timestamp())
    html = _templates.get_template(f"_{name}.html").render(t=t, may_act=may_act, **data)
    platform.rendered[key] = (revision, html)
    return html


@router.get("/live")
async def stream_board(request: Request) -> Response:
    """Server-sent events: every region at once, then each as it changes, and a beat that proves the line alive."""
    who = await run_in_threadpool(visitor, request)
    stream = _live(platform_of(request), who, language_of(request))
    return EventSourceResponse(stream, ping=3600, headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"})


async def _live(platform: Platform, who: Visitor, language: str) -> AsyncIterator[ServerSentEvent]:
    listener = platform.hub.open()
    try:
        changed, beats = list(board.REGIONS), 0
        yield await _beat(platform)
        while not listener.closed:
            for name in changed:
                if name in board.REGIONS:
                    html = await run_in_threadpool(render_region, platform, name, language, who.may("act"))
                    data = json.dumps({"region": name, "html": html}, ensure_ascii=False)
                    yield ServerSentEvent(data, event="region")
            changed = await listener.changes(BEAT_S)
            if not changed:
                beats += 1
                if beats % CHECK_SESSION_EVERY == 0 and not await run_in_threadpool(user_of, platform, who.stored):
                    return
                yield await _beat(platform)
    finally:
        platform.hub.leave(listener)


async def _beat(platform: Platform) -> ServerSentEvent:
    """The line is alive; and what time it is, here, for each robot and at the site."""
    return ServerSentEvent(json.dumps(await run_in_threadpool(_times, platform)), event="beat")


def _times(platform: Platform) -> dict[str, Any]:
    now = platform.wall()
    with platform.database.read() as session:
        clocks, site = board.clocks(session), board.site_clock(session)
    behind_s, utc_offset_s = site or (0.0, now.utcoffset().total_seconds())
    return {"now_s": now.timestamp(), "clocks": clocks, "site_s": now.timestamp() - behind_s + utc_offset_s}


@router.get("/api/v1/alarms")
def list_alarms(request: Request, who: Who) -> JSONResponse:
    """The board's alarms as data."""
    platform = platform_of(request)
    with platform.database.read() as session:
        data = board.alarms(session, words(language_of(request)), platform.wall().timestamp())
    return JSONResponse(data, headers={"Cache-Control": "no-store"})


@router.post("/api/v1/alarms/{alarm_id}/{action}")
def answer_alarm(request: Request, alarm_id: str, action: str, who: Actor,
                 note: Annotated[str, Body(embed=True, max_length=2000)] = "") -> JSONResponse:
    """Acknowledge or resolve. Repeating is harmless; `first` is false where somebody (`by_name`) had done it."""
    if action not in ("acknowledge", "resolve"):
        raise HTTPException(404, "an alarm can be acknowledged or resolved")
    outcome = platform_of(request).act(action, alarm_id, who.user, note.replace("\x00", "").strip())
    if outcome is None:
        raise HTTPException(404, words(language_of(request))("alarm.gone"))
    return JSONResponse({"state": outcome.state, "by": outcome.by, "by_name": outcome.by_name, "first": outcome.first})


@router.get("/alarms/{alarm_id}/snapshot")
def show_snapshot(request: Request, alarm_id: str, who: Who) -> Response:
    """The picture, for those logged in only; each look is recorded and no copy is kept by the browser."""
    platform = platform_of(request)
    with platform.database.read() as session:
        snapshot = session.get(Snapshot, alarm_id)
    if snapshot is None:
        raise HTTPException(404, "this alarm has no picture")
    platform.audit(who.user.name, "snapshot_viewed", alarm_id,
                   address=request.client.host if request.client else "")
    return Response(snapshot.jpeg, media_type="image/jpeg", headers={"Cache-Control": "no-store"})


# --- the audit trail -------------------------------------------------------------------------------------------------
@router.get("/audit")
def show_audit(request: Request, who: Who, before: Annotated[int, Query(ge=1, le=2**62)] = 2**62) -> Response:
    platform, t = platform_of(request), words(language_of(request))
    if not who.may("audit"):
        return _page(request, "error.html", 403, message=t("error.not_allowed"))
    with platform.database.read() as session:
        newest_first = select(Audit).where(Audit.id < before).order_by(Audit.id.desc())
        entries = session.scalars(newest_first.limit(AUDIT_PAGE)).all()
        names = dict(session.execute(select(User.name, User.display_name)).all())
        site = board.site_clock(session)
    zone = timezone(timedelta(seconds=site[1])) if site else platform.wall().tzinfo
    platform.audit(who.user.name, "audit_viewed")
    rows = [{"id": e.id, "at": datetime.fromtimestamp(e.at_s, zone).strftime("%Y-%m-%d %H:%M:%S"),
             "who": names.get(e.who, e.who), "what": t.name_of("audit.action", e.action), "subject": e.subject,
             "detail": e.detail, "address": e.address} for e in entries]
    older = rows[-1]["id"] if len(rows) == AUDIT_PAGE else None
    shown_zone = platform.wall().astimezone(zone).strftime("UTC%z")
    return _page(request, "audit.html", who=who, rows=rows, older=older, zone=shown_zone)
