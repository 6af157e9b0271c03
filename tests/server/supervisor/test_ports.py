from __future__ import annotations

import socket

import pytest

from server.supervisor.ports import SIMULATOR_PORTS, PortError, listening_port, simulator_port


def test_zero_means_any_free_one() -> None:
    port = listening_port("127.0.0.1", 0)
    assert port > 0 and listening_port("127.0.0.1", port) == port


def test_a_taken_port_names_one_that_is_free() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(PortError, match=rf"^Port {port} is already in use .* PORT=(\d+) make run$") as refusal:
            listening_port("127.0.0.1", port)
    proposed = int(str(refusal.value).split("PORT=")[1].split()[0])
    assert proposed != port


def test_an_address_of_another_machine() -> None:
    with pytest.raises(PortError, match=r"HOST=127\.0\.0\.1 make run"):
        listening_port("192.0.2.1", 8000)


def test_the_simulator_keeps_its_port_where_it_can() -> None:
    first = simulator_port("a data folder")
    assert first in SIMULATOR_PORTS and simulator_port("a data folder") == first
    with socket.create_server(("127.0.0.1", first)):
        assert simulator_port("a data folder") != first
