"""The Nav2 map and the floor plan are what the site file says."""
from __future__ import annotations

import numpy as np
import pytest
import yaml
from PIL import Image
from typer.testing import CliRunner

from robot.grid import plan_grid
from robot.resources import resource
from robot.site import load_site
from robot.site_cli import app
from robot.site_formats import nav2, png

SITES = ("home", "ward")


@pytest.fixture(params=SITES)
def site(request):
    return load_site(resource(f"config/{request.param}.yaml"))


def map_server(folder) -> tuple[np.ndarray, dict]:
    """What nav2's map_server makes of the files, trinary: 0 free, 100 occupied, -1 unknown, southernmost row first."""
    facts = yaml.safe_load((folder / "map.yaml").read_text())
    grey = np.flipud(np.asarray(Image.open(folder / facts["image"]), float))
    share = grey / 255 if facts["negate"] else (255 - grey) / 255
    return np.select([share > facts["occupied_thresh"], share < facts["free_thresh"]], [100, 0], -1), facts


def test_the_map_agrees_with_the_navigators_grid_in_every_cell(site, tmp_path):
    nav2(site, tmp_path)
    read, facts = map_server(tmp_path)
    grid = plan_grid(site)
    assert facts["resolution"] == site.site.map.resolution_m and facts["origin"] == pytest.approx([*grid.origin, 0.0])
    assert np.array_equal(read == -1, np.isinf(grid.heights_m))
    assert np.array_equal(read == 0, grid.heights_m == 0)
    assert np.array_equal(read == 100, grid.occupied & np.isfinite(grid.heights_m))
    assert np.array_equal(read == 100, (grid.heights_m >= site.robot.lidar.height_m) & np.isfinite(grid.heights_m))


def test_the_map_lies_where_the_rooms_are(site, tmp_path):
    nav2(site, tmp_path)
    read, facts = map_server(tmp_path)

    def at(x, y):
        return read[int((y - facts["origin"][1]) / facts["resolution"]), int((x - facts["origin"][0])
                                                                            / facts["resolution"])]
    assert all(at(*stop.at[:2]) == 0 for patrol in site.patrols for stop in patrol.stops)
    assert all(at(*piece.pose[:2]) == 100 for piece in site.furniture)
    assert all(at(*door.at) == (0 if door.open else 100) for door in site.doors)
    assert read[0, 0] == -1


def test_the_floor_plan_shows_the_whole_site(site, tmp_path):
    (file,) = png(site, tmp_path)
    corners = np.array([corner for room in site.rooms for corner in room.polygon])
    wide, high = np.ptp(corners, axis=0) + 1.0
    assert Image.open(file).size == pytest.approx((wide * 100, high * 100), abs=1)


def test_the_command_writes_a_format_and_refuses_an_unknown_one(tmp_path):
    home = str(resource("config/home.yaml"))
    written = CliRunner().invoke(app, ["export", home, "--format", "nav2", "--out", str(tmp_path / "maps")])
    assert written.exit_code == 0 and (tmp_path / "maps" / "map.pgm").is_file()
    refused = CliRunner().invoke(app, ["export", home, "--format", "usd", "--out", str(tmp_path / "no")])
    assert refused.exit_code == 2 and "use one of: all, mujoco, nav2, png, sdf" in refused.output


def test_a_folder_that_cannot_be_made_is_told(tmp_path):
    (tmp_path / "file").write_text("in the way")
    told = CliRunner().invoke(app, ["export", str(resource("config/home.yaml")), "--format", "nav2",
                                    "--out", str(tmp_path / "file")])
    assert told.exit_code == 2 and "cannot be made a folder" in told.output
