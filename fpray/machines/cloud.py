"""The head of a cluster that Ray's launcher has made in a cloud: where it is, and how SSH gets in."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Mapping
from typing import Any

from fpray.errors import FprayError


def cloud_head(config: Mapping[str, Any]) -> tuple[str, Mapping[str, Any]]:
    """The address of the head, and the configuration's `auth` as the launcher fills it in.

    Raises:
        FprayError: there is no head, or the cloud does not answer.
    """
    from ray.autoscaler.sdk import bootstrap_config, get_head_node_ip

    said = io.StringIO()
    try:
        with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
            whole = bootstrap_config(dict(config))
            return str(get_head_node_ip(whole)), whole["auth"]
    except Exception as error:  # whatever a cloud's library raises
        lines = (str(error).strip() or said.getvalue().strip() or type(error).__name__).splitlines()
        raise FprayError(
            f"the head of cluster {config.get('cluster_name')} was not found: {lines[-1]} (is it up? ray up)"
        ) from None
