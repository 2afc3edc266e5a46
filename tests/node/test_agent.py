"""The driver's view of an agent and what answers on the machine are the same calls."""

from __future__ import annotations

import inspect
from typing import Any

import pytest

from fpray.node.agent import FileCalls, MachineCalls, ProcessCalls
from fpray.node.file_service import FileService
from fpray.node.machine_service import MachineService
from fpray.node.process_service import ProcessService


def _methods(kind: type) -> dict[str, Any]:
    return {name: value for name, value in vars(kind).items() if not name.startswith("_") and callable(value)}


@pytest.mark.parametrize(
    ("calls", "service"),
    [(MachineCalls, MachineService), (FileCalls, FileService), (ProcessCalls, ProcessService)],
)
def test_each_call_is_answered_with_its_arguments_and_result(calls: type, service: type) -> None:
    asked, answered = _methods(calls), _methods(service)
    assert asked.keys() == answered.keys()
    for name, method in asked.items():
        call, answer = inspect.signature(method), inspect.signature(answered[name])
        assert call.parameters == answer.parameters, name
        assert call.return_annotation == f"Call[{answer.return_annotation}]", name
