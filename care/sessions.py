"""Whose request it is: the caregiver behind the session cookie, what they may do, and in which language they read."""
from __future__ import annotations

from typing import Annotated
from urllib.parse import urlsplit

from fastapi import Depends, HTTPException, Request, Response
from fastapi.responses import JSONResponse, RedirectResponse
from sqlalchemy import update

from care.models import Login, User
from care.platform import Platform
from care.security import ROLES, SESSION_S, same_secret
from care.words import LANGUAGES, preferred_language, words

COOKIE = "anban_session"
LANGUAGE_COOKIE = "anban_language"


class NotLoggedIn(Exception):
    """The session is missing or over."""


class Visitor:
    """A caregiver with an open session."""

    def __init__(self, user: User, cookie: str, platform: Platform) -> None:
        self.user = user
        self.csrf = platform.tokens.csrf(cookie)
        self.stored = platform.tokens.stored(cookie)

    def may(self, what: str) -> bool:
        return what in ROLES.get(self.user.role, frozenset())


def platform_of(request: Request) -> Platform:
    return request.app.state.platform


def visitor(request: Request) -> Visitor:
    """Who asks. Raises NotLoggedIn."""
    platform, cookie = platform_of(request), request.cookies.get(COOKIE, "")
    user = user_of(platform, platform.tokens.stored(cookie))
    if user is None:
        raise NotLoggedIn
    return Visitor(user, cookie, platform)


def user_of(platform: Platform, stored: str | None) -> User | None:
    """The user of an open session. A session in use goes on: a ward's screen must not log itself out."""
    if stored is None:
        return None
    now_s = platform.wall().timestamp()
    with platform.database.read() as session:
        login = session.get(Login, stored)
        user = session.get(User, login.user_name) if login and login.expires_s > now_s else None
    if user is None or user.disabled:
        return None
    if login.expires_s < now_s + SESSION_S / 2:
        with platform.database.write() as session:
            session.execute(update(Login).where(Login.token_hash == stored).values(expires_s=now_s + SESSION_S))
    return user


Who = Annotated[Visitor, Depends(visitor)]


def acting(request: Request, who: Who) -> Visitor:
    """Someone who may answer alarms, from our own page."""
    if not same_secret(request.headers.get("x-csrf-token", ""), who.csrf):
        raise HTTPException(403, "the page's forgery token is missing or old; reload the page")
    if not who.may("act"):
        raise HTTPException(403, words(language_of(request))("alarm.not_allowed"))
    return who


Actor = Annotated[Visitor, Depends(acting)]


async def to_login(request: Request, _error: Exception) -> Response:
    """Pages go to the login form; scripts are told."""
    if "text/html" in request.headers.get("accept", "") and request.method == "GET":
        answer = RedirectResponse("/login", 303)
        keep_language(answer, request.query_params.get("lang", ""))
        return answer
    return JSONResponse({"detail": "not logged in"}, 401)


def language_of(request: Request) -> str:
    """By `?lang=` in the address, else as chosen before, else as the browser asks."""
    chosen = request.query_params.get("lang") or request.cookies.get(LANGUAGE_COOKIE)
    return chosen if chosen in LANGUAGES else preferred_language(request.headers.get("accept-language", ""))


def keep_language(answer: Response, code: str) -> None:
    if code in LANGUAGES:
        answer.set_cookie(LANGUAGE_COOKIE, code, max_age=365 * 86400, samesite="lax")


def from_own_site(request: Request) -> bool:
    """A login form sent by another site's page is refused (login forgery)."""
    origin = request.headers.get("origin")
    return origin is None or (origin != "null" and urlsplit(origin).netloc == request.headers.get("host"))
