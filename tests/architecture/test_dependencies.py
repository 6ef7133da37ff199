"""Each dependency has its reason, a fixed version and a hash, and no registry's address stands anywhere."""

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "explanation" / "dependencies.md"
LOCKS = ("requirements.lock", "requirements-build.lock", "requirements-dev.lock")
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
ADDRESS = re.compile(r"://|--index|--extra-index|--find-links|@ file")

# The first releases without faults that were found in the peers of this service.
FLOORS = {
    "grpcio": (1, 85, 1),
    "h11": (0, 16),
    "onnx": (1, 21),
    "orjson": (3, 11, 6),
    "protobuf": (6, 33, 5),
    "python-multipart": (0, 0, 32),
    "starlette": (1, 3, 1),
}


def project() -> dict[str, object]:
    with (ROOT / "pyproject.toml").open("rb") as file:
        content: dict[str, object] = tomllib.load(file)["project"]
    return content


def name(requirement: str) -> str:
    match = NAME.match(requirement)
    assert match
    return match.group().lower()


def locked(lock: str) -> dict[str, str]:
    lines = (ROOT / lock).read_text("utf-8").splitlines()
    pairs = (line.split()[0].partition("==")[::2] for line in lines if line and not line.startswith((" ", "#")))
    return {package.partition("[")[0]: version for package, version in pairs}


def declared() -> tuple[set[str], set[str]]:
    about = project()
    runtime, extras = about["dependencies"], about["optional-dependencies"]
    assert isinstance(runtime, list)
    assert isinstance(extras, dict)
    assert all(set(extra) <= set(extras["dev"]) for extra in extras.values()), "the checks run what an extra brings"
    return {name(each) for each in runtime}, {name(each) for each in extras["dev"]}


def test_the_page_gives_a_reason_for_every_dependency_and_for_no_other() -> None:
    runtime, development = declared()
    rows = re.findall(r"^\| `([^`]+)` \| (.+?) \|$", PAGE.read_text("utf-8"), re.MULTILINE)
    assert {package for package, _ in rows} == runtime | development
    assert all(reason.strip() for _, reason in rows)


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_holds_no_address(lock: str) -> None:
    assert not ADDRESS.search((ROOT / lock).read_text("utf-8"))


@pytest.mark.parametrize("lock", LOCKS)
def test_every_locked_release_has_a_hash(lock: str) -> None:
    entries = re.split(r"\n(?=\S)", (ROOT / lock).read_text("utf-8").strip())
    assert all("--hash=sha256:" in entry for entry in entries if not entry.startswith("#"))


def test_the_locks_hold_every_dependency_and_agree() -> None:
    runtime, development = declared()
    small, build, large = (locked(lock) for lock in LOCKS)
    assert runtime <= small.keys()
    assert runtime | development <= large.keys()
    assert {**small, **build}.items() <= large.items()


@pytest.mark.parametrize("package", sorted(FLOORS))
def test_no_locked_release_is_older_than_its_floor(package: str) -> None:
    version = locked("requirements.lock")[package]
    assert tuple(int(part) for part in re.findall(r"\d+", version)) >= FLOORS[package]
