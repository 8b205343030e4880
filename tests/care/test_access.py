"""Who may come in, what they may do, and what is remembered of it."""
from __future__ import annotations

import pytest
from care_night import PASSWORD, answer, csrf_of, fall, log_in, picture

from care import upkeep
from care.security import LoginLimiter, Tokens, check_password, hash_password


@pytest.mark.parametrize("path", ["/", "/live", "/audit", "/api/v1/alarms", "/alarms/fall-1/snapshot"])
def test_nothing_is_shown_without_a_login(client, robot, path):
    robot.post(fall(snapshot_jpeg=picture()))
    assert client.get(path, headers={"Accept": "text/html"}).headers.get("location") == "/login"
    assert client.get(path).status_code == 401


def test_a_login_opens_the_board_and_a_logout_closes_it(client):
    reply = log_in(client)
    assert (reply.status_code, reply.headers["location"]) == (303, "/")
    cookie = reply.headers["set-cookie"].lower()
    assert "httponly" in cookie and "samesite=lax" in cookie
    assert client.get("/").status_code == 200
    old = dict(client.cookies)
    client.post("/logout", data={"csrf": csrf_of(client)})
    client.cookies.update(old)  # a stolen cookie is worth nothing after the logout
    assert client.get("/").status_code == 401


def test_the_chosen_language_survives_the_login(client):
    client.get("/?lang=ja", headers={"Accept": "text/html"})
    assert "ログイン" in client.get("/login").text
    log_in(client)
    assert "アラーム" in client.get("/").text
    client.get("/language/zh")
    assert "警报" in client.get("/").text


def test_guessing_is_slowed_down_and_recorded(client, clock):
    for _ in range(5):
        assert log_in(client, "chen", "wrong").status_code == 401
    reply = log_in(client)
    assert reply.status_code == 429 and int(reply.headers["retry-after"]) > 0
    clock.advance(301)
    assert log_in(client).status_code == 303
    log_in(client, "mo")
    assert client.get("/audit").text.count("failed to log in") == 5


def test_an_unknown_name_is_answered_like_a_wrong_password(client):
    assert log_in(client, "nobody", "x").text.replace("nobody", "") == log_in(client, "chen", "x").text.replace(
        "chen", "")


def test_one_name_guessed_elsewhere_does_not_lock_the_nurse_out():
    limiter = LoginLimiter()
    for second in range(5):
        limiter.failed("chen", "10.0.0.66", second)
    assert limiter.wait_s("chen", "10.0.0.66", 5) > 0
    assert limiter.wait_s("chen", "10.0.0.2", 5) == 0


def test_a_login_form_of_another_site_is_refused(client):
    reply = client.post("/login", data={"username": "chen", "password": PASSWORD}, headers={"Origin": "https://evil.example"})
    assert reply.status_code == 403


def test_an_alarm_is_answered_from_our_own_page_only(client, robot):
    log_in(client)
    robot.post(fall())
    assert client.post("/api/v1/alarms/fall-1/acknowledge", json={"note": ""}).status_code == 403
    assert client.post("/api/v1/alarms/fall-1/acknowledge", json={"note": ""},
                       headers={"X-CSRF-Token": "0" * 64}).status_code == 403
    assert answer(client, "acknowledge", "fall-1").status_code == 200


def test_a_manager_may_look_but_not_answer(client, robot):
    log_in(client, "mo")
    robot.post(fall())
    assert 'data-action="acknowledge"' not in client.get("/").text
    assert answer(client, "acknowledge", "fall-1").status_code == 403


def test_a_nurse_may_not_read_the_audit_trail(client):
    log_in(client, "chen")
    assert client.get("/audit").status_code == 403


def test_the_audit_trail_tells_who_looked_and_who_acted(client, robot):
    robot.post(fall(snapshot_jpeg=picture()))
    log_in(client, "wang")
    reply = client.get("/alarms/fall-1/snapshot")
    assert (reply.headers["content-type"], reply.headers["cache-control"]) == ("image/jpeg", "no-store")
    answer(client, "acknowledge", "fall-1")
    answer(client, "resolve", "fall-1", "Helped, not hurt")
    trail = client.get("/audit").text
    for what in ("logged in", "looked at the picture", "acknowledged", "resolved"):
        assert what in trail
    assert "Helped, not hurt" in trail


def test_a_session_in_use_goes_on_and_an_idle_one_ends(client, clock):
    log_in(client)
    for _ in range(4):
        clock.advance(8 * 3600)
        assert client.get("/").status_code == 200
    clock.advance(14 * 3600)
    assert client.get("/").status_code == 401


def test_a_disabled_user_is_out_at_once(client, platform, clock):
    log_in(client)
    upkeep.disable_user(platform.database, "chen", clock.wall())
    assert client.get("/").status_code == 401
    assert log_in(client).status_code == 401


def test_pages_forbid_whatever_does_not_come_from_here(client):
    policy = client.get("/login").headers["content-security-policy"]
    assert "default-src 'none'" in policy and "unsafe-inline" not in policy and "frame-ancestors 'none'" in policy


def test_passwords_are_hashed_and_short_ones_refused():
    hashed = hash_password(PASSWORD)
    assert hashed.startswith("$argon2id$")
    assert check_password(hashed, PASSWORD) and not check_password(hashed, "x") and not check_password(None, PASSWORD)
    with pytest.raises(ValueError, match="at least 8"):
        hash_password("short")


def test_a_cookie_that_was_tampered_with_is_nobody():
    tokens = Tokens("key")
    cookie = tokens.new()
    assert tokens.stored(cookie) and tokens.stored(cookie[:-1] + "!") is None
    assert Tokens("another key").stored(cookie) is None
