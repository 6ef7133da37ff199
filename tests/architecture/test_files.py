"""One idea a file, and nothing in a file that opens a door."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
FOLDERS = ("model", "service", "api_schemas", "tests", "examples", "benchmarks")
LONGEST = 300
NAMELESS = re.compile(r"\b(utils?|helpers?|commons?|managers?|misc)\b")
PICKLES = {"pickle", "cPickle", "dill", "cloudpickle", "joblib", "shelve", "marshal"}
UNFINISHED = re.compile(r"\b(T[O]DO|FI[X]ME|X[X]X|HA[C]K)\b")


@cache
def sources() -> dict[Path, str]:
    """The text of every module, by its path in the checkout; generated modules are not written by anybody."""
    return {
        path.relative_to(ROOT): path.read_text("utf-8")
        for folder in FOLDERS
        for path in sorted((ROOT / folder).rglob("*.py"))
        if "generated" not in path.parts
    }


@cache
def trees() -> dict[Path, ast.Module]:
    return {path: ast.parse(text) for path, text in sources().items()}


def ours() -> dict[Path, ast.Module]:
    """Everything but the tests, which must make the bad files that we refuse."""
    return {path: tree for path, tree in trees().items() if path.parts[0] != "tests"}


def imported(tree: ast.AST) -> Iterator[str]:
    """The full names of imported modules, wherever in the file they are imported."""
    for node in ast.walk(tree):
        match node:
            case ast.Import(names=names):
                yield from (alias.name for alias in names)
            case ast.ImportFrom(module=str(module)):
                yield module


def pickling_allowed(tree: ast.AST) -> bool:
    """Whether some call passes allow_pickle as anything but the constant False."""
    permissions = [
        keyword.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        for keyword in node.keywords
        if keyword.arg == "allow_pickle"
    ]
    return not all(isinstance(value, ast.Constant) and value.value is False for value in permissions)


def test_no_file_holds_two_ideas() -> None:
    lengths = {str(path): len(text.splitlines()) for path, text in sources().items()}
    assert {path: length for path, length in lengths.items() if length > LONGEST} == {}


def test_every_file_has_a_name_of_its_own() -> None:
    assert [str(path) for path in sources() if NAMELESS.search(str(path).replace("_", " "))] == []


def test_every_file_says_what_it_is_for() -> None:
    """A file of tests may leave that to the names of its tests."""
    others = {path: tree for path, tree in trees().items() if not path.name.startswith("test_")}
    assert [str(path) for path, tree in others.items() if sources()[path] and not ast.get_docstring(tree)] == []


def test_no_file_is_left_unfinished() -> None:
    assert [str(path) for path, text in sources().items() if UNFINISHED.search(text)] == []


def test_nothing_unpickles() -> None:
    roots = {path: {name.partition(".")[0] for name in imported(tree)} for path, tree in ours().items()}
    assert [str(path) for path, names in roots.items() if names & PICKLES] == []


def test_numpy_is_never_allowed_to_unpickle() -> None:
    assert [str(path) for path, tree in ours().items() if pickling_allowed(tree)] == []
