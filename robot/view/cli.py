"""`anban view`: the running robot in a browser."""
from __future__ import annotations

import socket
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from robot.environment import join_simulation, prepare
from robot.site import SiteError, load_site


def app(
    port: Annotated[int, typer.Option(min=1, max=65535, help="of the page, on 127.0.0.1 only")] = 8090,
    site: Annotated[Path | None, typer.Option(help="site file of the floor plan; default: the running robot's")] = None,
    camera: Annotated[str, typer.Option(help="topic of the pictures")] = "/camera/color/image_raw",
    rate: Annotated[float, typer.Option(min=0.5, max=15.0, help="pictures a second")] = 5.0,
) -> None:
    """Show the running robot in the browser: world from above, camera with skeletons, behaviour, topics, faults.

    The page is served to this machine alone. From another one: `ssh -L 8090:127.0.0.1:8090 ROBOT`. Pictures are taken
    from the robot only while a page is open.

    Examples: `anban view`, `anban view --port 8091 --site config/home.yaml`
    """
    if site is not None:
        try:
            load_site(site)
        except SiteError as error:
            typer.echo(str(error), err=True)
            raise typer.Exit(2) from None
    try:
        socket.create_server(("127.0.0.1", port)).close()
    except OSError as error:
        raise typer.BadParameter(f"port {port}: {error.strerror}; give another one", param_hint="--port") from None
    join_simulation()
    prepare()
    from robot.ros import parameters, run  # rclpy reads the environment when it is imported
    from robot.view.view_node import ViewNode
    typer.echo(f"The page: http://127.0.0.1:{port}/  (Ctrl-C ends it)")
    values = parameters(port=port, site=str(site or ""), camera=camera, pictures_hz=float(rate))
    raise typer.Exit(run(partial(ViewNode, parameter_overrides=values), insist=True))
