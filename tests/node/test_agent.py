"""The driver's view of an agent, what answers on the machine, and the fake of it are the same calls."""

from __future__ import annotations

import inspect
from typing import Any

import pytest

from fpray.node.agent import FileCalls, MachineCalls, ProcessCalls
from fpray.node.file_service import FileService
from fpray.node.machine_service import MachineService
from fpray.node.process_service import ProcessService
from fpray.testing.fake_agent import FakeFiles, FakeMachine, FakeProcesses


def _methods(kind: type) -> dict[str, Any]:
    return {name: value for name, value in vars(kind).items() if not name.startswith("_") and callable(value)}


@pytest.mark.parametrize(
    ("calls", "service"),
    [(MachineCalls, MachineService), (FileCalls, FileService), (ProcessCalls, ProcessService)],
)
def test_each_call_is_answered_with_its_arguments_and_result(calls: type, service: type) -> None:
    questions, answered = _methods(calls), _methods(service)
    assert questions.keys() == answered.keys()
    for name, method in questions.items():
        call, answer = inspect.signature(method), inspect.signature(answered[name])
        assert call.parameters == answer.parameters, name
        assert call.return_annotation == f"Call[{answer.return_annotation}]", name


@pytest.mark.parametrize(
    ("calls", "fake"), [(MachineCalls, FakeMachine), (FileCalls, FakeFiles), (ProcessCalls, FakeProcesses)]
)
def test_the_fake_answers_each_call(calls: type, fake: type) -> None:
    for name, method in _methods(calls).items():
        assert inspect.signature(method).parameters == inspect.signature(getattr(fake, name)).parameters, name
