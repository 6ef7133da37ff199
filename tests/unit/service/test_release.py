"""What runs is known by its distribution, or by its checkout."""

import subprocess
from pathlib import Path

import pytest

from service.release import CHECKOUT, checked_out

PROJECT = '[project]\nname = "wavetap"\nversion = "1.2.3"\n'


def git(root: Path, *arguments: str) -> str:
    identity = ("-c", "user.name=t", "-c", "user.email=t@t", "-c", "init.defaultBranch=main")
    told = subprocess.run(["git", *identity, *arguments], cwd=root, check=True, capture_output=True, text=True)  # noqa: S607
    return told.stdout.strip()


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    root = tmp_path / "checkout"
    root.mkdir()
    (root / "pyproject.toml").write_text(PROJECT)
    return root


@pytest.fixture
def kept(checkout: Path) -> Path:
    git(checkout, "init")
    git(checkout, "add", ".")
    git(checkout, "commit", "-m", "All of it")
    return checkout


def told(root: Path) -> str:
    return f"1.2.3+g{git(root, 'rev-parse', 'HEAD')[:12]}"


def test_a_checkout_is_known_by_what_it_declares(checkout: Path) -> None:
    assert checked_out(checkout) == "1.2.3"


def test_a_checkout_that_git_keeps_is_known_by_its_commit_too(kept: Path) -> None:
    assert checked_out(kept) == told(kept)


def test_a_commit_is_found_without_a_branch_and_among_packed_ones(kept: Path) -> None:
    expected = told(kept)
    git(kept, "pack-refs", "--all")
    assert checked_out(kept) == expected
    git(kept, "checkout", "--detach")
    assert checked_out(kept) == expected


def test_a_worktree_is_known_by_its_own_commit(kept: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    git(kept, "worktree", "add", "-b", "topic/one", str(other))
    (other / "new").write_text("")
    git(other, "add", ".")
    git(other, "commit", "-m", "More")
    assert checked_out(other) == told(other) != checked_out(kept)


@pytest.mark.parametrize(
    "content", ["", "[project]", "project = 1\n", '[project]\nname = "other"\nversion = "1"\n', "\0"]
)
def test_sources_of_nothing_are_unknown(checkout: Path, content: str) -> None:
    (checkout / "pyproject.toml").write_text(content)
    assert checked_out(checkout) == "unknown"


@pytest.mark.parametrize("head", ["", "ref: refs/heads/none", "not a commit", "0" * 10])
def test_a_repository_without_a_commit_tells_none(checkout: Path, head: str) -> None:
    (checkout / ".git").mkdir()
    (checkout / ".git" / "HEAD").write_text(head)
    assert checked_out(checkout) == "1.2.3"


def test_this_very_checkout_is_known() -> None:
    assert checked_out(CHECKOUT) != "unknown"
