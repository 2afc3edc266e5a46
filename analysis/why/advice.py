"""Which sweep would answer which role limits, where the trials do not."""

from __future__ import annotations

from collections.abc import Sequence

from fpray_analysis.loaded import PROTOCOL
from fpray_analysis.why.configurations import Configuration
from fpray_analysis.why.limits import limit_of
from fpray_analysis.why.roles import counts_of_roles, params_of, protocol_of, values_to_try

_LOADS = "--vary num_clients_per_proc=1,10,100 --repeat 3"


def advice(configurations: Sequence[Configuration], inputs: Sequence[str], x: str) -> str:
    """A sentence with the command. It adds to the role that limits the highest peak, where the trials say which."""
    best = max(configurations, key=lambda one: one.peak.x)
    trial, limit = best.row, limit_of(best.peak)
    lack = "no two configurations differ in the number of processes of one role only, at a load that both have"
    protocol = protocol_of(trial)
    if protocol is None:
        such_as = f"fpray sweep {trial.get(PROTOCOL) or 'multipaxos'} --vary num_replicas=2,3,4 {_LOADS}"
        return f"{lack}. Vary the count of a role to see whether more of it moves the peak, such as {such_as}"
    params = params_of(protocol, trial, inputs)
    counts = counts_of_roles(protocol, params)
    if not counts:
        return f"{lack}, and no parameter of {protocol.name} counts a role alone"
    limiting = [
        name for name, roles in counts.items() if limit is not None and not limit.is_load and limit.role in roles
    ]
    parameter = (limiting or [*counts])[0]
    values = ",".join(map(str, values_to_try(protocol, params, parameter)))
    because = f" (at the highest peak, {limit.in_words()} limits {x})" if limiting and limit is not None else ""
    return (
        f"{lack}. This sweep says whether more of a role moves the peak{because}: fpray sweep {protocol.name} --vary"
        f" {parameter}={values} {_LOADS}, with the other options of your suite"
    )
