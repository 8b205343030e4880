"""The demo's own Chromium: signs in to the caregivers' page, notes when things stand on it, clicks, takes pictures."""
from __future__ import annotations

import asyncio
import shutil
import subprocess
import threading
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

from robot import lifeline
from robot.environment import outside_environment

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
# Chromium as a quiet guest: no calls home, and no sandbox, which containers and root do not allow.
ARGUMENTS = ("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
             "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage")


class BrowserError(RuntimeError):
    """The browser does not get to the page; the message says why."""


def find_browser() -> str | None:
    """A Chromium that works: Ubuntu's chromium-browser may be a stub for a snap that is not there."""
    own = (Path.home() / ".cache" / "ms-playwright").glob("chromium-*/chrome-linux*/chrome")  # setup.sh brings it
    for program in [*filter(None, map(shutil.which, BROWSERS)), *map(str, own)]:
        try:
            answer = subprocess.run([program, "--version"], capture_output=True, timeout=30, env=outside_environment())
        except (OSError, subprocess.TimeoutExpired):
            continue
        if answer.returncode == 0:
            return program
    return None


class PageWatcher:
    """A browser on the caregivers' page, in a thread of its own. `on_shown` gets each item that was painted.

    The page itself stamps the moment (`at_ms`, wall clock) and says what it shows: see care/static.
    """

    def __init__(self, executable: str, on_shown: Callable[[dict[str, Any]], None]) -> None:
        self._executable, self._on_shown = executable, on_shown
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="browser", daemon=True)
        self._page: Any = None
        self._playwright = self._browser = None

    def open(self, url: str, username: str, password: str) -> None:
        """Start Chromium and sign in. Raises BrowserError."""
        self._thread.start()
        try:
            self._do(self._open(self._executable, url, username, password), timeout_s=60)
        except Exception as error:
            raise BrowserError(f"the caregivers' page could not be opened in {self._executable}: {error}") from error

    @property
    def is_open(self) -> bool:
        return self._page is not None

    def acknowledge(self, alarm_id: str) -> None:
        """Click as a caregiver would."""
        self._do(self._page.click(f'[data-alarm-id="{alarm_id}"] button[data-action="acknowledge"]'))

    def screenshot(self, path: Path, full_page: bool = False) -> None:
        self._do(self._page.screenshot(path=str(path), full_page=full_page))

    def goto(self, url: str) -> None:
        self._do(self._page.goto(url))

    def close(self) -> None:
        if self._thread.is_alive():
            try:
                self._do(self._close(), timeout_s=10)
            finally:
                self._loop.call_soon_threadsafe(self._loop.stop)
                self._thread.join(timeout=5)

    async def _open(self, executable: str, url: str, username: str, password: str) -> None:
        from playwright.async_api import async_playwright  # half a second that other commands need not spend
        self._playwright = await async_playwright().start()
        self._browser = await self._playwright.chromium.launch(
            executable_path=executable, args=list(ARGUMENTS), env={**outside_environment(), **lifeline.hold()})
        page = self._page = await self._browser.new_page(viewport={"width": 1280, "height": 800})
        await page.expose_function("anbanShown", self._on_shown)
        await page.add_init_script(
            "window.addEventListener('anban:shown', event => window.anbanShown(event.detail))")
        await page.goto(url)
        await page.fill("input[name=username]", username)
        await page.fill("input[name=password]", password)
        await page.click("button[type=submit]")
        await page.wait_for_url(lambda current: "login" not in current)

    async def _close(self) -> None:
        if self._browser:
            await self._browser.close()
        if self._playwright:
            await self._playwright.stop()

    def _do(self, work: Coroutine[Any, Any, Any], timeout_s: float = 30.0) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(timeout_s)
