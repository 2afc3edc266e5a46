"""What the kernel says of rates that `tc` has set on real links."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys

import pytest

_ASK = """
import json, socket
from fpray.node.sampling.queue_rates import queue_rates
rates = queue_rates()
print(json.dumps({name: rates.get(index) for index, name in socket.if_nameindex()}))
"""
_LINKS = """
set -e
ip link add limited type veth peer name free
tc qdisc add dev limited root $QUEUE
exec "$0" -c "$1"
"""


@pytest.mark.hosts
@pytest.mark.skipif(os.geteuid() != 0 or not shutil.which("tc"), reason="needs root, and tc")
@pytest.mark.parametrize(
    ("queue", "rate"),
    [("tbf rate 80mbit burst 64kb latency 50ms", 1e7), ("netem delay 1ms rate 8mbit", 1e6), ("netem delay 1ms", None)],
)
def test_rates_of_real_links(queue: str, rate: float | None) -> None:
    done = subprocess.run(
        ["unshare", "--net", "sh", "-c", _LINKS, sys.executable, _ASK],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "QUEUE": queue},
    )
    if "qdisc kind is unknown" in done.stderr:
        pytest.skip(f"this kernel has no {queue.split(maxsplit=1)[0]}")
    assert done.returncode == 0, done.stderr
    rates = json.loads(done.stdout)
    assert (rates["limited"], rates["free"]) == (rate, None)
