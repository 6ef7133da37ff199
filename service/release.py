"""The release of Wavetap that runs: what the service says it is, and what a version's lineage tells.

Of an installed distribution it is its version. A checkout that runs without having been installed is known by what its
pyproject.toml says and, if Git keeps it, by the commit that is checked out: `0.1.0+g40a9621c0ffe`, a local version of
PEP 440. What was changed since that commit it does not tell.
"""

import re
import tomllib
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

NAME = "wavetap"
UNKNOWN = "unknown"
CHECKOUT = Path(__file__).parent.parent
COMMIT = re.compile(r"[0-9a-f]{40,64}")
SHOWN = 12


@cache
def release() -> str:
    """The version of the distribution, or of the checkout; sources that are in neither have none."""
    try:
        return version(NAME)
    except PackageNotFoundError:
        return checked_out(CHECKOUT)


def checked_out(root: Path) -> str:
    """The version of a checkout, from its files alone: no Git is needed."""
    try:
        project = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))["project"]
        declared = str(project["version"]) if project["name"] == NAME else UNKNOWN
    except (OSError, ValueError, KeyError, TypeError):
        return UNKNOWN
    commit = None if declared == UNKNOWN else _commit(root / ".git")
    return declared if commit is None else f"{declared}+g{commit[:SHOWN]}"


def _commit(git: Path) -> str | None:
    """The commit that HEAD leads to; a worktree's directory is elsewhere, and its branches are those of the first."""
    if git.is_file():
        git = git.parent / _read(git).removeprefix("gitdir:").strip()
    head = _read(git / "HEAD")
    if not head.startswith("ref:"):
        return _hash(head)
    branch = head.removeprefix("ref:").strip()
    shared = git / (_read(git / "commondir") or ".")
    packed = (line.partition(" ") for line in _read(shared / "packed-refs").splitlines())
    kept = next((commit for commit, _, name in packed if name == branch), "")
    return _hash(_read(git / branch)) or _hash(_read(shared / branch)) or _hash(kept)


def _read(path: Path) -> str:
    try:
        return path.read_text("utf-8").strip()
    except (OSError, ValueError):
        return ""


def _hash(text: str) -> str | None:
    return text if COMMIT.fullmatch(text) else None
