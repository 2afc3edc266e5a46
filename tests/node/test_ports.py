"""Which ports are listened on, and which are free."""

from __future__ import annotations

import itertools
import os
import socket

import pytest

from fpray.node import ports


def test_the_tables_agree(port: int) -> None:
    with socket.create_server(("127.0.0.1", port)) as one, socket.socket(socket.AF_INET6) as two:
        two.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        two.bind(("::ffff:127.0.0.1", port + 1))
        two.listen()
        expected = {
            ports.Socket("127.0.0.1", port, os.geteuid(), os.fstat(one.fileno()).st_ino),
            ports.Socket("127.0.0.1", port + 1, os.geteuid(), os.fstat(two.fileno()).st_ino),
        }
        by_netlink = set(ports.listeners())
        by_table = {
            listening
            for name in ("tcp", "tcp6")
            for listening in ports._read_table(f"/proc/net/{name}", 1 << ports.LISTEN)
        }
    assert expected <= by_netlink
    assert expected <= by_table


def test_free_ports(port: int) -> None:
    low, _ = ports.ephemeral_range()
    free = ports.free_ports("127.0.0.1", 50, port)
    assert len(set(free)) == 50
    assert all(b - a >= 2 for a, b in itertools.pairwise(free))
    assert all(port <= one < low - 1 for one in free)
    with socket.create_server(("127.0.0.1", free[0] + 1)), socket.socket() as bound:
        bound.bind(("127.0.0.1", free[1]))
        second = ports.free_ports("127.0.0.1", 50, port)
    assert free[0] not in second, "the one after it, for Prometheus, is taken"
    assert free[1] not in second, "bound, though it does not listen"
    assert second[0] == free[2]
    with socket.create_server(("127.0.0.2", free[0])):
        assert ports.free_ports("127.0.0.1", 1, port)[0] == free[1], "taken at another address: not fresh"


def test_free_ports_wrap_round(port: int) -> None:
    low, _ = ports.ephemeral_range()
    free = ports.free_ports("127.0.0.1", 4, low - 4)
    assert min(free) < ports.LOWEST_PORT + 2000
    assert max(free) <= low - 2
    assert ports.free_ports("127.0.0.1", 0, 0) == ()
    with pytest.raises(OSError, match="free pairs of ports"):
        ports.free_ports("127.0.0.1", 100_000, low)
    with pytest.raises(OSError, match="assign"):
        ports.free_ports("192.0.2.1", 1, port)


def test_a_port_in_time_wait_is_not_free(port: int) -> None:
    with socket.create_server(("127.0.0.1", port)) as server, socket.create_connection(("127.0.0.1", port)):
        accepted, _ = server.accept()
        accepted.close()
    assert port not in ports.free_ports("127.0.0.1", 5, port)
