"""Messages between the driver and its Ray process."""

from __future__ import annotations

import socket
import threading

import pyarrow as pa
import pytest

from fpray.cluster.ray_process.message_socket import MessageSocket


def test_a_table_comes_through_with_all_of_its_columns_and_what_is_beside_it() -> None:
    """It is larger than what a socket holds, and its buffers are parts of their own."""
    ours, theirs = map(MessageSocket, socket.socketpair())
    labels = pa.array(["read", "write", None] * 100_000).dictionary_encode()
    table = pa.table({"start": pa.array(range(300_000), pa.int64()), "label": labels})
    messages = [(1, True, table), (2, True, table.slice(0, 0)), (3, True, {"text": "x" * 70_000}), (4, False, None)]

    def send() -> None:
        for message in messages:
            ours.send(message)
        ours.close()

    sender = threading.Thread(target=send)
    sender.start()
    assert [theirs.receive() for _ in messages] == messages
    with pytest.raises(EOFError):
        theirs.receive()
    sender.join()


def test_what_cannot_be_pickled_is_not_sent_in_part() -> None:
    ours, theirs = map(MessageSocket, socket.socketpair())
    with pytest.raises(Exception, match="pickle"):
        ours.send((1, lambda: None))
    ours.send("whole")
    assert theirs.receive() == "whole"
