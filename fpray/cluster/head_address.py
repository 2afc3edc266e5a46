"""The head of a cluster that Ray's launcher has made in a cloud: where it is, and how SSH gets in."""

from __future__ import annotations

import contextlib
import io
import logging
from collections.abc import Iterator, Mapping
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
        with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said), _unheard("ray.autoscaler"):
            whole = bootstrap_config(dict(config))
            return str(get_head_node_ip(whole)), whole["auth"]
    except Exception as error:  # whatever a cloud's library raises
        lines = (str(error).strip() or said.getvalue().strip() or type(error).__name__).splitlines()
        raise FprayError(
            f"the head of cluster {config.get('cluster_name')} was not found: {lines[-1]} (is it up? ray up)"
        ) from None


@contextlib.contextmanager
def _unheard(name: str) -> Iterator[None]:
    """Log nothing of a logger for the time of a block: Ray logs the traceback of what it then raises."""
    logger = logging.getLogger(name)
    level = logger.level
    logger.setLevel(logging.CRITICAL + 1)
    try:
        yield
    finally:
        logger.setLevel(level)
