"""What a call came to, without what Ray adds to it: the error of the actor, or `Unanswered`."""

from __future__ import annotations

import pickle

from fpray.cluster.calls import Unanswered
from fpray.errors import Cause, FprayError, first_line


def without_ray(error: Exception) -> Exception:
    """An exception that the driver can read without Ray."""
    from ray.exceptions import RayError, RayTaskError

    if isinstance(error, RayTaskError):
        cause = error.cause if isinstance(error.cause, Exception) else error
        return cause if _travels(cause) else FprayError(first_line(cause), Cause.OWN)
    if isinstance(error, RayError):
        return Unanswered(f'Ray says: "{first_line(error)}"')
    return error if _travels(error) else FprayError(f"{type(error).__name__}: {first_line(error)}", Cause.OWN)


def _travels(error: Exception) -> bool:
    """Whether it can be pickled, and read where Ray's module is not loaded."""
    if type(error).__module__.partition(".")[0] == "ray":
        return False
    try:
        pickle.loads(pickle.dumps(error))
    except Exception:
        return False
    return True
