"""Measures the shape of the house: `make house` prints it, and test_architecture.py holds its budgets.

`python -m tests.repository.house [ROOT]` measures another checkout, for example an older one.
"""

from __future__ import annotations

import ast
import re
import statistics
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

ROOT = Path(__file__).parents[2]
# The rooms of fpray/, in the order of docs/architecture.md: a folder imports only itself and folders before it.
FOLDERS = (
    "peak_sampler", "files", "recorder", "node", "protocol", "plan", "store", "evidence", "study", "jar", "cluster",
    "report", "trial", "samples", "profiles", "metrics", "driver", "searching", "cli", "testing",
)  # fmt: skip
# All Python of the repository.
TOPS = (
    "fpray", "analysis", "protocols", "studies", "bench", "tests", "cluster_configs", "set_up.py", "hatch_build.py",
)  # fmt: skip
MOST_LINES, MOST_BODY, MOST_PARAMETERS, MOST_METHODS, MEDIAN_LINES = 300, 40, 8, 15, 110
MOST_SPINE_LINES = 2600
_OPTIONS = ("retries", "share_machines", "accept_change")  # options that were there from the beginning
Function = ast.FunctionDef | ast.AsyncFunctionDef
# What a stranger must hold, in reading order; below fpray/.
SPINE = (
    "protocol/protocol", "plan/plan", "plan/placement", "study/study", "study/source",
    "driver/experiment", "driver/resume", "driver/session", "driver/loop", "driver/executor",
    "trial/run", "trial/attempt", "trial/prepare", "trial/start", "trial/watch", "trial/collect", "trial/outcomes",
    "store/suite", "store/trial_directory", "store/outcome",
)  # fmt: skip


@dataclass(frozen=True)
class Source:
    """One Python file: its path below the root, its text, and what is in it."""

    root: Path
    path: Path

    @cached_property
    def text(self) -> str:
        """All of it."""
        return (self.root / self.path).read_text()

    @cached_property
    def tree(self) -> ast.Module:
        """The syntax tree of the file."""
        return ast.parse(self.text)

    @cached_property
    def nodes(self) -> list[ast.AST]:
        """Every node of the tree."""
        return list(ast.walk(self.tree))

    @property
    def lines(self) -> int:
        """How many lines it has."""
        return len(self.text.splitlines())

    @property
    def module(self) -> str:
        """Its dotted name."""
        parts = self.path.with_suffix("").parts
        return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)

    def functions(self) -> Iterator[Function]:
        """Every function and method."""
        return (node for node in self.nodes if isinstance(node, Function))

    def classes(self) -> Iterator[ast.ClassDef]:
        """Every class."""
        return (node for node in self.nodes if isinstance(node, ast.ClassDef))

    def imports(self, *, deferred: bool | None = None) -> Iterator[str]:
        """The modules that it imports, with the imported name; deferred: only those inside functions, or outside."""
        inside = set() if deferred is None else {id(n) for function in self.functions() for n in ast.walk(function)}
        for node in self.nodes:
            if deferred is not None and (id(node) in inside) is not deferred:
                continue
            if isinstance(node, ast.Import):
                yield from (alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                module = ".".join(filter(None, [self._package(node.level), node.module]))
                yield from (f"{module}.{alias.name}" for alias in node.names)

    def _package(self, level: int) -> str:
        """The package that so many leading dots of an import stand for; none without dots."""
        parts = self.path.parent.parts
        return ".".join(parts[: len(parts) - level + 1]) if level else ""


@cache
def _source(root: Path, file: Path) -> Source:
    """Each file is read and parsed once, however many tests ask."""
    return Source(root, file)


def sources(root: Path = ROOT, *tops: str) -> list[Source]:
    """Every Python file below folders of a checkout, and those that are named; recorded data is none."""
    files = (f.relative_to(root) for top in tops or TOPS for f in _python(root / top))
    return [_source(root, file) for file in files if "recorded" not in file.parts]


def _python(top: Path) -> list[Path]:
    return [top] if top.is_file() else sorted(top.rglob("*.py"))


def body_lines(function: Function) -> int:
    """The lines of a function's body, without its docstring."""
    body = function.body[1:] if ast.get_docstring(function) is not None else function.body
    return (body[-1].end_lineno or 0) - body[0].lineno + 1 if body else 0


def parameters(function: Function) -> int:
    """How many parameters it has, without `self`."""
    positional = [*function.args.posonlyargs, *function.args.args]
    return len(positional) + len(function.args.kwonlyargs) - (bool(positional) and positional[0].arg in ("self", "cls"))


def methods(cls: ast.ClassDef) -> int:
    """How many methods and properties a class has."""
    return sum(isinstance(node, Function) for node in cls.body)


def beyond_budget(files: list[Source]) -> Iterator[str]:
    """What is larger than its budget, a line each."""
    for file in files:
        if file.lines > MOST_LINES:
            yield f"{file.path}: {file.lines} lines"
        for function in file.functions():
            if (count := body_lines(function)) > MOST_BODY:
                yield f"{file.path}: {function.name} has a body of {count} lines"
            if (count := parameters(function)) > MOST_PARAMETERS:
                yield f"{file.path}: {function.name} has {count} parameters"
        for cls in file.classes():
            if (count := methods(cls)) > MOST_METHODS:
                yield f"{file.path}: class {cls.name} has {count} methods"


def edges(files: list[Source], *, deferred: bool | None = None) -> set[tuple[str, str]]:
    """(importing, imported) modules of the same files."""
    modules_of_files = {file.module for file in files}
    pairs = set()
    for file in files:
        for name in file.imports(deferred=deferred):
            target = name if name in modules_of_files else name.rpartition(".")[0]
            if target in modules_of_files and target != file.module:
                pairs.add((file.module, target))
    return pairs


def circles(pairs: set[tuple[str, str]]) -> list[set[str]]:
    """The groups of modules that import one another."""
    ahead: dict[str, set[str]] = {}
    for module, target in pairs:
        ahead.setdefault(module, set()).add(target)

    def reached(start: str) -> set[str]:
        targets, front = set[str](), [start]
        while front:
            for target in ahead.get(front.pop(), ()):
                if target not in targets:
                    targets.add(target)
                    front.append(target)
        return targets

    reach = {module: reached(module) for module in ahead}
    groups = [{other for other in reach[m] if m in reach.get(other, ())} for m in ahead if m in reach[m]]
    return [group for k, group in enumerate(groups) if group not in groups[:k]]


def rooms(pairs: set[tuple[str, str]]) -> set[tuple[str, str]]:
    """The same between folders of the engine and its flat modules."""
    between = {(_room(module), _room(target)) for module, target in pairs}
    return {(room, target) for room, target in between if room != target}


def _room(module: str) -> str:
    return ".".join(module.split(".")[:2])


def figures(root: Path) -> Iterator[tuple[str, str]]:
    """The rows of the table: what is measured, and its value."""
    engine, everything = sources(root, "fpray"), sources(root)
    flat = [file for file in engine if len(file.path.parts) == 2]
    folders = {file.path.parts[1] for file in engine if len(file.path.parts) > 2}
    pairs = edges(engine)
    yield "modules flat in fpray/", str(len(flat))
    yield "folders in fpray/", str(len(folders))
    yield "arrows between rooms", str(len(rooms(pairs)))
    yield "import circles", str(len(circles(pairs)))
    lengths = [file.lines for file in engine]
    yield "files in fpray/; median; largest", f"{len(lengths)}; {statistics.median(lengths):.0f}; {max(lengths)}"
    yield "lines in fpray/", f"{sum(lengths):,}"
    all_lengths = [file.lines for file in everything]
    yield (
        "files in all; median; over 300",
        (f"{len(all_lengths)}; {statistics.median(all_lengths):.0f}; {sum(n > MOST_LINES for n in all_lengths)}"),
    )
    functions = [function for file in engine for function in file.functions()]
    classes = [cls for file in engine for cls in file.classes()]
    yield (
        "longest function body; most parameters",
        (f"{max(map(body_lines, functions))}; {max(map(parameters, functions))}"),
    )
    yield "largest class (methods)", str(max(map(methods, classes)))
    yield "deferred imports", str(sum(len(list(file.imports(deferred=True))) for file in engine))
    counts = [sum(len(re.findall(rf"\b{name}\b", file.text)) for file in engine) for name in _OPTIONS]
    yield f"places that name {'; '.join(_OPTIONS)}", "; ".join(map(str, counts))
    spine = [file for file in engine if "/".join(file.path.with_suffix("").parts[1:]) in SPINE]
    yield "spine: files; lines", f"{len(spine)}; {sum(file.lines for file in spine):,}"
    yield "beyond a budget, in all", str(len(list(beyond_budget(everything))))


def rows(root: Path) -> Iterator[tuple[str, str]]:
    """The whole table of a checkout; the walk of a request is that of this one only."""
    yield from figures(root)
    if root == ROOT:
        from tests.repository.walk import walk

        steps = walk()
        yield "walk of a request: stays; modules; returns", f"{len(steps.stays)}; {steps.modules}; {steps.returns}"


def main() -> None:
    """Print the table of this checkout, or of another."""
    root = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT
    for name, value in rows(root):
        print(f"{name:<42} {value}")
    for line in beyond_budget(sources(root)):
        print(f"  beyond its budget: {line}")


if __name__ == "__main__":
    main()
