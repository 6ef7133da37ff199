"""What every artifact store does, and what the local one does about the disk."""

import errno
import hashlib
import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from model.data.blocks import LARGE
from model.interchange import container
from service.adapters.artifacts import LocalArtifacts
from service.domain.artifacts import Artifact
from service.errors import AlreadyExists, Corrupt, NotFound, ServiceError, StorageFull, Unavailable


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "artifacts"


@pytest.fixture
def artifacts(root: Path) -> LocalArtifacts:
    return LocalArtifacts(root)


def test_bytes_come_back_as_they_were_put(artifacts: LocalArtifacts) -> None:
    artifact = artifacts.put("a/b/c", b"bytes")
    assert artifact == Artifact("a/b/c", hashlib.sha256(b"bytes").hexdigest(), 5)
    assert artifacts.get(artifact) == b"bytes"
    assert artifacts.path(artifact).read_bytes() == b"bytes"


def test_bytes_may_come_in_parts(artifacts: LocalArtifacts) -> None:
    artifact = artifacts.put("a", iter([b"by", memoryview(b"tes"), b""]))
    assert artifact == Artifact("a", hashlib.sha256(b"bytes").hexdigest(), 5)
    assert artifacts.get(artifact) == b"bytes"


def test_a_key_is_written_once(artifacts: LocalArtifacts) -> None:
    artifact = artifacts.put("a", b"first")
    with pytest.raises(AlreadyExists):
        artifacts.put("a", b"second")
    assert artifacts.get(artifact) == b"first"


def test_of_many_writers_one_wins(artifacts: LocalArtifacts) -> None:
    def put(number: int) -> bool:
        try:
            artifacts.put("a/b", str(number).encode())
        except AlreadyExists:
            return False
        return True

    with ThreadPoolExecutor(16) as threads:
        assert sum(threads.map(put, range(64))) == 1


def test_putting_and_deleting_side_by_side_never_fails(artifacts: LocalArtifacts) -> None:
    def cycle(number: int) -> None:
        for _ in range(20):
            artifacts.put(f"a/b/{number}", b"x")
            artifacts.delete(f"a/b/{number}")

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(cycle, range(8)))
    assert not list(artifacts.list())


def test_what_was_deleted_is_gone(artifacts: LocalArtifacts) -> None:
    artifact = artifacts.put("a/b/c", b"bytes")
    artifacts.delete("a/b/c")
    artifacts.delete("a/b/c")
    with pytest.raises(Corrupt, match="gone"):
        artifacts.get(artifact)


def test_a_listing_shows_what_is_under_a_prefix(artifacts: LocalArtifacts) -> None:
    for key in ("a/1", "a/2", "b/1"):
        artifacts.put(key, b"xy")
    assert sorted((found.key, found.size) for found in artifacts.list("a/")) == [("a/1", 2), ("a/2", 2)]


@pytest.mark.parametrize("flip", [0, 7, 8 * 5 - 1])
def test_a_single_flipped_bit_is_found(artifacts: LocalArtifacts, root: Path, flip: int) -> None:
    artifact = artifacts.put("a", b"bytes")
    content = bytearray((root / "a").read_bytes())
    content[flip // 8] ^= 1 << flip % 8
    (root / "a").write_bytes(content)
    with pytest.raises(Corrupt, match="a is not what was written"):
        artifacts.get(artifact)


def test_a_cut_file_is_not_mapped(artifacts: LocalArtifacts, root: Path) -> None:
    artifact = artifacts.put("a", b"bytes")
    os.truncate(root / "a", 3)
    with pytest.raises(Corrupt, match="size"):
        artifacts.path(artifact)


@pytest.mark.parametrize("shared", [False, True])
def test_a_view_is_the_bytes_aligned_and_cannot_be_written(root: Path, shared: bool) -> None:
    artifacts = LocalArtifacts(root, shared=shared)
    view = artifacts.view(artifacts.put("a", b"bytes"))
    assert view.readonly
    assert np.frombuffer(view, np.uint8).ctypes.data % 64 == 0
    artifacts.delete("a")
    assert view == b"bytes"


@pytest.mark.parametrize("shared", [False, True])
def test_a_view_of_what_is_not_what_was_put_is_refused(root: Path, shared: bool) -> None:
    artifacts = LocalArtifacts(root, shared=shared)
    artifact = artifacts.put("a", b"bytes")
    for content in (b"byteS", b"byte", b"bytes.", b""):
        (root / "a").write_bytes(content)
        with pytest.raises(Corrupt, match="not what was written"):
            artifacts.view(artifact)


def test_a_view_of_ones_own_stays_what_it_is_when_the_file_is_overwritten(root: Path) -> None:
    artifacts = LocalArtifacts(root)
    view = artifacts.view(artifacts.put("a", b"bytes"))
    (root / "a").write_bytes(b"")
    assert view == b"bytes"


def test_a_large_archive_is_whole_in_a_view_after_it_was_verified(root: Path) -> None:
    """Pages of large mappings are given back while an archive is verified, and read again from the file."""
    values = np.arange(LARGE // 4 + 1, dtype=np.float32)
    for shared in (False, True):
        artifacts = LocalArtifacts(root, shared=shared)
        view = artifacts.view(artifacts.put(f"large/{shared}", container.write({"values": values}, {})))
        assert np.array_equal(container.read(view).arrays["values"], values)


@pytest.mark.parametrize(
    "key", ["", "/etc/passwd", "../x", "a/../b", ".hidden", "a//b", "a/", "a\0b", ".incoming/../x"]
)
def test_a_key_leads_nowhere_else(artifacts: LocalArtifacts, key: str) -> None:
    with pytest.raises(NotFound):
        artifacts.put(key, b"x")
    with pytest.raises(NotFound):
        artifacts.get(Artifact(key, "", 0))
    with pytest.raises(NotFound):
        artifacts.delete(key)


def test_a_planted_link_is_not_followed(artifacts: LocalArtifacts, root: Path, tmp_path: Path) -> None:
    canary = tmp_path / "canary"
    canary.mkdir()
    (canary / "secret").write_bytes(b"secret")
    digest = hashlib.sha256(b"secret").hexdigest()
    (root / "link").symlink_to(canary / "secret")
    (root / "folder").symlink_to(canary)
    for key in ("link", "folder/secret"):
        for read in (artifacts.get, artifacts.path):
            with pytest.raises(Corrupt, match="link"):
                read(Artifact(key, digest, 6))


@pytest.mark.parametrize(
    ("number", "error"), [(errno.ENOSPC, StorageFull), (errno.EDQUOT, StorageFull), (errno.EIO, Unavailable)]
)
@pytest.mark.parametrize("call", ["write", "fsync", "link"])
def test_a_failing_disk_acknowledges_nothing(
    artifacts: LocalArtifacts,
    root: Path,
    monkeypatch: pytest.MonkeyPatch,
    call: str,
    number: int,
    error: type[ServiceError],
) -> None:
    def fail(*_arguments: object, **_named: object) -> None:
        raise OSError(number, os.strerror(number))

    with monkeypatch.context() as patch:
        patch.setattr(os, call, fail)
        with pytest.raises(error):
            artifacts.put("a/b", b"bytes")
    assert not [path for path in root.rglob("*") if path.is_file()]
    assert artifacts.get(artifacts.put("a/b", b"bytes")) == b"bytes"


def test_everything_is_on_the_disk_when_a_put_returns(
    artifacts: LocalArtifacts, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[str] = []
    real = os.fsync

    def fsync(descriptor: int) -> None:
        synced.append(Path(f"/proc/self/fd/{descriptor}").readlink().name)
        real(descriptor)

    monkeypatch.setattr(os, "fsync", fsync)
    artifacts.put("a/b/c", b"bytes")
    assert {root.name, "a", "b"} <= set(synced)
    assert {root.parent.name, root.name, "a", "b"} <= set(synced)
    assert len(synced) == 5


def test_the_digest_of_another_content_is_refused(artifacts: LocalArtifacts) -> None:
    artifact = artifacts.put("a", b"bytes")
    with pytest.raises(Corrupt):
        artifacts.get(replace(artifact, sha256="0" * 64))
