"""Serves the platform with uvicorn until it is told to stop."""
from __future__ import annotations

import socket

import uvicorn
from sse_starlette.sse import AppStatus

from care.app import create_app
from care.platform import Platform


def serve(platform: Platform, listening: socket.socket, tls_certificate: str = "", tls_key: str = "") -> None:
    """Serve on a listening socket; returns after SIGINT or SIGTERM."""
    config = uvicorn.Config(create_app(platform), access_log=False, log_config=None, lifespan="on", log_level="warning",
                            timeout_graceful_shutdown=5, server_header=False, ssl_certfile=tls_certificate or None,
                            ssl_keyfile=tls_key or None)
    _Server(config, platform).run(sockets=[listening])


class _Server(uvicorn.Server):
    """Ends the open streams before it waits for the connections to end."""

    def __init__(self, config: uvicorn.Config, platform: Platform) -> None:
        super().__init__(config)
        self._platform = platform
        AppStatus.disable_automatic_graceful_drain()  # it would cut the streams off in the middle

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._platform.hub.close()
        await super().shutdown(sockets)
