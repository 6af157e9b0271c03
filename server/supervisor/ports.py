"""Finds out whether a port is free before anything starts."""

from __future__ import annotations

import errno
import random
import socket

TRIES = 50
# Below every system's ephemeral range: no outgoing connection takes it while the simulator restarts.
SIMULATOR_PORTS = range(20000, 32000)


class PortError(Exception):
    """The address cannot be listened on; the message is a sentence for the operator."""


def listening_port(host: str, port: int) -> int:
    """The port to listen on: `port`, or a free one for 0. Raises PortError."""
    try:
        return _bound(host, port)
    except OSError as error:
        raise PortError(_sentence(host, port, error)) from error


def simulator_port(seed: str) -> int:
    """A free port of this machine; the same one for the same `seed`, as long as it is free."""
    candidates = random.Random(seed).sample(SIMULATOR_PORTS, TRIES)
    for port in candidates:
        if _free("127.0.0.1", port):
            return port
    raise PortError("No port is free for the simulator: set NANOBANANA_SIMULATOR_URL, or NANOBANANA_API_KEY.")


def _sentence(host: str, port: int, error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        other = next((near for near in range(port + 1, min(port + TRIES, 65536)) if _free(host, near)), 0)
        return f"Port {port} is already in use on {host}; choose another: PORT={other} make run"
    if error.errno == errno.EACCES:
        return f"Only root may listen on port {port}; choose another: PORT=8000 make run"
    return (
        f"Atelier cannot listen on {host}:{port} ({error.strerror or error}); choose another: HOST=127.0.0.1 make run"
    )


def _free(host: str, port: int) -> bool:
    try:
        return _bound(host, port) == port
    except OSError:
        return False


def _bound(host: str, port: int) -> int:
    family, kind, protocol, _, address = socket.getaddrinfo(
        host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    )[0]
    with socket.socket(family, kind, protocol) as probe:
        # As the web process will: connections of its predecessor that still fade away do not count.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind(address)
        return int(probe.getsockname()[1])
