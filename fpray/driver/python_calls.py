"""What functions such as `fpray.sweep` have in common: they show their options, and note the call for provenance."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from textwrap import indent
from typing import Any, TypeVar

from fpray.driver.option import documentation, signature
from fpray.driver.result import SweepResult
from fpray.files.shown import shown

Result = TypeVar("Result", bound=SweepResult)
Function = TypeVar("Function", bound=Callable[..., Any])


def shows(options: type, returns: str) -> Callable[[Function], Function]:
    """Have `help`, `inspect.signature` and completion show each option, with its type, default and help."""

    def decorate(function: Function) -> Function:
        function.__signature__ = signature(options, returns, "protocol")  # type: ignore[attr-defined]
        function.__doc__ = f"{function.__doc__}\n    Options:\n{indent(documentation(options), 8 * ' ')}\n    "
        return function

    return decorate


def call_text(name: str, protocol: str, options: Mapping[str, Any]) -> str:
    """The call as it was typed, for the provenance."""
    words = [f"{option}={_written(value)}" for option, value in options.items()]
    return f"fpray.{name}({', '.join([_written(protocol), *words])})"


def _written(value: Any) -> str:
    """A value as Python shows it; in brief where it cannot, as of a number of 5,000 digits."""
    try:
        return repr(value)
    except Exception:
        return shown(value)


def unless_interrupted(result: Result) -> Result:
    """The result, where the user did not interrupt the call.

    Raises:
        KeyboardInterrupt: the user did.
    """
    if result.interrupted:
        raise KeyboardInterrupt
    return result
