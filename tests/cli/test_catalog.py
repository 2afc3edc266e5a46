"""What `fpray protocols` prints."""

from __future__ import annotations

from tests.conftest import cli


def test_protocols_describes_roles_parameters_and_constraints() -> None:
    assert "multipaxos" in cli("protocols").stdout
    text = cli("protocols", "multipaxos").stdout
    for piece in (
        "frankenpaxos.multipaxos.ProxyReplicaMain",
        "leader_options.election_options.ping_period",
        "at least f+1",
        '"leaders": [',
        "PointSkewedReadWriteWorkload",
    ):
        assert piece in text
