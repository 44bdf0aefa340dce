"""Serving the REST door: uvicorn, on loopback, until told to stop."""

import ipaddress

import uvicorn

from gateway.api.app import create_app
from gateway.settings import Settings


class NotLoopback(ValueError):
    """The API may listen on this machine only, until it speaks TLS and knows its users."""


def serve(settings: Settings) -> None:
    """Serve until SIGINT or SIGTERM.

    Raises
    ------
    NotLoopback
        If the settings want it to listen for other machines, or have no `api` at all.
    """
    api = settings.api
    if api is None:
        raise NotLoopback("the settings have no `api`")
    if not ipaddress.ip_address(api.host).is_loopback:
        raise NotLoopback(f"`{api.host}` is not a loopback address")
    app = create_app(journal=settings.journal, door=settings.door, keys=api.keys)
    uvicorn.run(app, host=api.host, port=api.port, log_level="warning", server_header=False)
