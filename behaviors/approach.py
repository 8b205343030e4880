"""Finding somebody and coming near: how everything begins that is said from face to face."""
from __future__ import annotations

from dataclasses import dataclass

from .behavior import ActionDone, Behavior, FindPerson, GoTo, PersonSeen, Viewpoints, drive_to_see


@dataclass(eq=False, repr=False)
class Approach(Behavior):
    """`find` and `approach` are for the STATES of a subclass; how they end triggers `found` or `not_found`, `near` or
    `blocked` of its TRANSITIONS."""
    viewpoints: Viewpoints = lambda person: []
    person: PersonSeen | None = None

    def on_event(self, event):
        if isinstance(event, ActionDone) and isinstance(event.command, FindPerson):
            self.person = event.person
            self.found() if event.success else self.not_found()
        elif isinstance(event, ActionDone) and isinstance(event.command, GoTo):
            self.near() if event.success else self.blocked()

    def find(self):
        self.out(FindPerson(timeout_s=60.0))

    def approach(self):
        if drive := drive_to_see(self.person, self.viewpoints):
            self.out(drive)
        else:  # seen, but no place is nearer than this one
            self.near()
