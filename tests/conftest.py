"""What all tests share: a ROS 2 environment of their own, and the recordings that lie outside the repository."""
from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from robot import environment

environment.prepare()
# Two test runs never hear each other, nor do the workers of one run (they inherit the domain of their parent).
if not os.environ.get("ROS_DOMAIN_ID") or os.environ.get("PYTEST_XDIST_WORKER"):
    os.environ["ROS_DOMAIN_ID"] = str(environment.reserve_domain())


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of recordings: $ANBAN_SHARED_DATA, or `shared/data` beside the repository; skips without it."""
    named = os.environ.get("ANBAN_SHARED_DATA")
    path = Path(named) if named else Path(__file__).resolve().parents[2] / "shared" / "data"
    if not path.is_dir():
        pytest.skip(f"recordings missing: no folder {path} (set ANBAN_SHARED_DATA)")
    return path


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """A headless Chromium; not for longer than a file, since its event loop runs as long and no other can beside it."""
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None:
        pytest.skip("no Chromium: the page cannot be tested (apt-get install chromium)")
    from playwright.sync_api import sync_playwright
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium, env=environment.outside_environment(), timeout=120_000,
            args=["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-quic", "--no-first-run"])
        yield browser
        browser.close()
