"""The caregiver of a scenario: signs in to the platform as the page does, sees what is on it, acknowledges alarms."""
from __future__ import annotations

import re
from typing import Any

import httpx

from sim.must import Happening
from sim.services import Account


class HttpNurse:
    """Looks at the platform when asked; while it is away there is nothing to see. Times are simulated seconds."""

    def __init__(self, url: str, account: Account, acknowledges_after_s: float | None,
                 resolves_after_s: float | None = None) -> None:
        """Acknowledges an alarm so long after it came, and resolves it so long after that; None: never."""
        self._client = httpx.Client(base_url=url, timeout=5.0, follow_redirects=True)
        self._account, self._patience_s = account, acknowledges_after_s
        self._csrf = ""
        self._seen: dict[tuple[str, str], float] = {}
        self._resolves_after_s = resolves_after_s
        self._answered: dict[str, float] = {}  # alarm -> when it was acknowledged
        self._resolved: set[str] = set()

    def look(self, sim_time_s: float) -> list[Happening]:
        """What is new on the platform. Acknowledges the alarms that have waited long enough."""
        try:
            if not self._csrf:
                self._sign_in()
            return self._take(self._client.get("/api/v1/alarms").raise_for_status().json(), sim_time_s)
        except (httpx.HTTPError, ConnectionError):
            return []  # the platform is away: a caregiver's phone shows nothing new, and tries again

    def close(self) -> None:
        self._client.close()

    def _sign_in(self) -> None:
        page = self._client.post("/login", data={"username": self._account.username,
                                                 "password": self._account.password}).raise_for_status()
        found = re.search(r'name="csrf" content="([^"]+)"', page.text)
        if found is None:
            raise ConnectionError("the platform did not sign the nurse in")
        self._csrf = found[1]

    def _take(self, board: dict[str, Any], sim_time_s: float) -> list[Happening]:
        fresh = []
        for alarm in (alarm for state in ("raised", "acknowledged", "resolved") for alarm in board[state]):
            event = "notice_on_platform" if alarm["priority"] == "notice" else "alarm_on_platform"
            if (alarm["id"], event) not in self._seen:
                # Received since the look before. The platform knows when by the wall clock, which a world that falls
                # behind real time does not follow: on the simulated clock it is now, after what caused it.
                self._seen[alarm["id"], event] = sim_time_s
                fresh.append(Happening(event, sim_time_s, alarm["received_ms"] / 1000, {
                    name: alarm[name] for name in ("id", "kind", "priority", "words", "detail")}))
            waited_s = sim_time_s - self._seen[alarm["id"], event]
            if event == "alarm_on_platform" and alarm["state"] == "raised" and self._patience_s is not None \
                    and waited_s >= self._patience_s and alarm["id"] not in self._answered:
                self._act(alarm["id"], "acknowledge")
                self._answered[alarm["id"]] = sim_time_s
        for alarm_id, when_s in self._answered.items():
            if self._resolves_after_s is not None and sim_time_s - when_s >= self._resolves_after_s \
                    and alarm_id not in self._resolved:
                self._act(alarm_id, "resolve")
                self._resolved.add(alarm_id)
        return fresh

    def _act(self, alarm_id: str, action: str) -> None:
        self._client.post(f"/api/v1/alarms/{alarm_id}/{action}", json={"note": ""},
                          headers={"x-csrf-token": self._csrf}).raise_for_status()
