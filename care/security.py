"""Who may come in and what they may do: passwords, sessions, forgery protection, login attempts, roles."""
from __future__ import annotations

import hashlib
import hmac
import secrets
from collections import defaultdict, deque
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from itsdangerous import BadSignature, Signer

# What each role may do. A carer on the floor needs both buttons; those who answer for the house read the audit trail.
ROLES: dict[str, frozenset[str]] = {
    "carer": frozenset({"view", "act"}),
    "nurse": frozenset({"view", "act"}),
    "head_nurse": frozenset({"view", "act", "audit"}),
    "manager": frozenset({"view", "audit"}),
    "admin": frozenset({"view", "act", "audit"}),
}
SESSION_S = 13 * 3600.0  # a night shift with its handover
MIN_PASSWORD = 8  # NIST SP 800-63B, memorised secrets: at least 8 characters, no composition rules
MIN_ROBOT_TOKEN = 16

_hasher = PasswordHasher()


@cache
def _nobody() -> str:
    """Verified when the name is unknown, so that the answer takes as long as for a known one."""
    return _hasher.hash(secrets.token_urlsafe(16))


def hash_password(password: str) -> str:
    """Argon2id hash. Raises ValueError where the password is too short."""
    if len(password) < MIN_PASSWORD:
        raise ValueError(f"the password needs at least {MIN_PASSWORD} characters")
    return _hasher.hash(password)


def check_password(password_hash: str | None, password: str) -> bool:
    """Whether the password is right; None (no such user) takes as long and is False."""
    try:
        _hasher.verify(password_hash or _nobody(), password)
    except (VerificationError, InvalidHashError):
        return False
    return password_hash is not None


class Tokens:
    """Session tokens: random, signed in the cookie, hashed in the database, and the forgery token made from each."""

    def __init__(self, secret_key: str) -> None:
        self._signer = Signer(secret_key, salt="anban-session", digest_method=hashlib.sha256)
        self._key = secret_key.encode()

    def new(self) -> str:
        """A signed token for the cookie."""
        return self._signer.sign(secrets.token_urlsafe(32)).decode()

    def stored(self, cookie: str | None) -> str | None:
        """The hash under which the session is stored, or None where the signature is wrong."""
        try:
            return hashlib.sha256(self._signer.unsign(cookie or "")).hexdigest()
        except BadSignature:
            return None

    def csrf(self, cookie: str) -> str:
        """The forgery token of a session: known to its pages only."""
        return hmac.new(self._key, b"csrf" + cookie.encode(), hashlib.sha256).hexdigest()


def same_secret(given: str, expected: str) -> bool:
    """Compare in constant time, whatever the characters."""
    return hmac.compare_digest(given.encode("utf-8", "replace"), expected.encode("utf-8", "replace"))


class LoginLimiter:
    """Slows down guessing: after `allowed` failures of one name from one address within `window_s`, both must wait.

    An address alone is given more, because a ward shares one; a name alone is never locked, or a stranger could keep
    a nurse out. Pure: time comes in.
    """

    def __init__(self, allowed: int = 5, allowed_address: int = 20, window_s: float = 300.0) -> None:
        self._window_s = window_s
        self._allowed = allowed
        self._allowed_address = allowed_address
        self._failures: dict[tuple[str, ...], deque[float]] = defaultdict(deque)

    def wait_s(self, name: str, address: str, now_s: float) -> float:
        """Seconds until another attempt is allowed, 0.0 for at once."""
        return max(self._wait_s((address, name.casefold()), self._allowed, now_s),
                   self._wait_s((address,), self._allowed_address, now_s))

    def failed(self, name: str, address: str, now_s: float) -> None:
        for key in [key for key, times in self._failures.items() if times[-1] <= now_s - self._window_s]:
            del self._failures[key]
        self._failures[address, name.casefold()].append(now_s)
        self._failures[address,].append(now_s)

    def succeeded(self, name: str, address: str) -> None:
        self._failures.pop((address, name.casefold()), None)

    def _wait_s(self, key: tuple[str, ...], allowed: int, now_s: float) -> float:
        times = self._failures.get(key, ())
        if len(times) < allowed:
            return 0.0
        return max(0.0, times[-allowed] + self._window_s - now_s)
