"""Worlds that the simulator can load: site files (nobody's script runs there) and stories of the present site."""
from __future__ import annotations

from datetime import date, time
from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote

from robot.resources import resource
from robot.site import Site, load_site
from robot.site_source import Source, SourceError
from sim.entities import Refused, Why
from sim.story import End, Place, Story, StoryError, load_story

_DAY_S = 86400.0


class WorldFile(NamedTuple):
    """One of them. tags: ("site",) or ("story",)."""
    name: str
    uri: str
    description: str
    tags: tuple[str, ...]


def available(site: Site) -> list[WorldFile]:
    """The worlds that come with Anban and fit: its sites, and its stories where they fit the site."""
    found = []
    for path in sorted(resource("config").glob("*.yaml")):
        if _is_site(path.read_text(encoding="utf-8")):
            found.append(of_site(load_site(path), path))
    for path in sorted(resource("config/scenarios").glob("*.yaml")):
        try:
            found.append(of_story(load_story(path, site), path))
        except StoryError:
            continue  # a story of another site
    return found


def of_site(site: Site, path: Path) -> WorldFile:
    name = site.site.name.get("en", site.site.id)
    return WorldFile(site.site.id, path.resolve().as_uri(), f"{name}, where nobody does anything", ("site",))


def of_story(story: Story, path: Path) -> WorldFile:
    return WorldFile(story.id, path.resolve().as_uri(), story.about, ("story",))


def load(uri: str, site: Site) -> tuple[Site, Story, WorldFile]:
    """The world of a file: another site, or another story in the present one. Raises Refused."""
    if not uri:
        raise Refused(Why.NO_RESOURCE, "uri is empty: use one of get_available_worlds, or the path of a site or story")
    path = Path(unquote(uri.removeprefix("file://")))
    if path.suffix not in (".yaml", ".yml"):
        raise Refused(Why.UNKNOWN_FORMAT, f"{uri}: a world is a YAML file, of a site or a story")
    try:
        text = path.read_text(encoding="utf-8")
        if not _is_site(text):
            story = load_story(path, site)
            return site, story, of_story(story, path)
        other = load_site(path)
    except OSError as error:
        raise Refused(Why.NOT_FOUND, f"{path}: cannot be read: {error.strerror}") from None
    except ValueError as error:  # of a site or a story: names file, line and remedy
        raise Refused(Why.PARSE_ERROR, str(error)) from None
    return other, quiet(other), of_site(other, path)


def quiet(site: Site) -> Story:
    """A morning on which nobody does anything: residents in their beds, or in the middle of their rooms."""
    beds = {piece.resident: piece.id for piece in site.furniture if piece.kind == "bed" and piece.resident}
    people = {who.id: Place(furniture=beds[who.id]) if who.id in beds else Place(at=site.room(who.room).center)
              for who in site.residents}
    return Story(id="quiet", about="nobody does anything", date=date(2026, 11, 21), start=time(10), people=people,
                 ends=[End(at=_DAY_S)])


def _is_site(text: str) -> bool:
    try:
        return "rooms" in Source(text).data
    except (SourceError, TypeError):
        return False
