"""Artefacts as files of one directory: written once, on the disk before they are told of, checked when read."""

import errno
import hashlib
import mmap
import os
import re
import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from service.domain.artifacts import Artifact, StoredObject
from service.errors import AlreadyExists, Corrupt, InternalError, NotFound, StorageFull, Unavailable

KEY = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*(/[A-Za-z0-9][A-Za-z0-9._-]*)*")
"""Keys are made by the service; no segment begins with a dot, so none leads out of the directory."""

INCOMING = ".incoming"
NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


class LocalArtifacts:
    """The artifact store on a local disk."""

    def __init__(self, root: Path, *, shared: bool = False) -> None:
        """Keep everything under `root`, which is made if need be.

        shared: whether a view is the file's own pages, which all processes that view it share, but which take the
        process down if the file is cut short under it; a view of one's own cannot change any more
        """
        self._root = root.resolve()
        self._shared = shared
        self._incoming = self._root / INCOMING
        self._made: set[Path] = set()
        with _disk():
            self._incoming.mkdir(parents=True, exist_ok=True)

    def put(self, key: str, content: bytes | Iterable[bytes | memoryview]) -> Artifact:
        """Write beside, fsync, then link into place: the key appears whole or not at all."""
        place = self._place(key)
        draft = self._incoming / uuid.uuid4().hex
        with _disk():
            try:
                sha256, size = _write(draft, (content,) if isinstance(content, bytes) else content)
                self._make_directory(place.parent)
                os.link(draft, place)
            except FileExistsError as error:
                raise AlreadyExists(f"The artifact {key} exists already.") from error
            finally:
                draft.unlink(missing_ok=True)
            _fsync_directory(place.parent)
        return Artifact(key, sha256, size)

    def _make_directory(self, directory: Path) -> None:
        """Make the directory so that it outlives a power cut: its name is fsynced in its parent.

        Once in a process for each: one that is there may have been made by a process that died before its fsync.
        """
        if directory in self._made:
            return
        if directory != self._root:
            self._make_directory(directory.parent)
        directory.mkdir(exist_ok=True)
        _fsync_directory(directory.parent)
        self._made.add(directory)

    def get(self, artifact: Artifact) -> bytes:
        """Read and check the digest."""
        with self._opened(artifact) as descriptor, os.fdopen(descriptor, "rb", closefd=False) as file:
            content = file.read()
        if hashlib.sha256(content).hexdigest() != artifact.sha256:
            raise Corrupt(f"The artifact {artifact.key} is not what was written: its digest differs.")
        return content

    def view(self, artifact: Artifact) -> memoryview:
        """Map the file read-only, or read it, and check the digest; the view outlives the file's name."""
        with self._opened(artifact) as descriptor:
            if os.fstat(descriptor).st_size != artifact.size or not artifact.size:
                raise Corrupt(f"The artifact {artifact.key} is not what was written: its size differs.")
            if self._shared:
                content = memoryview(mmap.mmap(descriptor, artifact.size, access=mmap.ACCESS_READ))
            else:
                content = _read(descriptor, artifact.size)
        if hashlib.sha256(content).hexdigest() != artifact.sha256:
            raise Corrupt(f"The artifact {artifact.key} is not what was written: its digest differs.")
        return content

    def path(self, artifact: Artifact) -> Path:
        """The file, of the right size and not behind a link; its content is for the reader to check."""
        with self._opened(artifact) as descriptor:
            if os.fstat(descriptor).st_size != artifact.size:
                raise Corrupt(f"The artifact {artifact.key} is not what was written: its size differs.")
        return self._place(artifact.key)

    def delete(self, key: str) -> None:
        """Unlink the file; its directory stays, as another put may be about to use it."""
        place = self._place(key)
        with _disk():
            place.unlink(missing_ok=True)

    def list(self, prefix: str = "") -> Iterator[StoredObject]:
        """Every file whose key begins with the prefix, drafts of interrupted puts included."""
        for directory, _, files in os.walk(self._root):
            for name in files:
                place = Path(directory, name)
                key = place.relative_to(self._root).as_posix()
                if key.startswith(prefix):
                    try:
                        found = place.lstat()
                    except FileNotFoundError:
                        continue
                    yield StoredObject(key, found.st_size, datetime.fromtimestamp(found.st_mtime, UTC))

    def _place(self, key: str) -> Path:
        draft = key.startswith(f"{INCOMING}/") and "/" not in key[len(INCOMING) + 1 :]
        if KEY.fullmatch(key[len(INCOMING) + 1 :] if draft else key) is None:
            raise NotFound(f"{key!r} is no key of an artifact.")
        return self._root / key

    @contextmanager
    def _opened(self, artifact: Artifact) -> Iterator[int]:
        """A descriptor of the file itself: a symbolic link in its place, or in its way, is not followed."""
        place = self._place(artifact.key)
        with _disk():
            try:
                if place.parent.resolve(strict=True) != place.parent:
                    raise Corrupt(f"The artifact {artifact.key} lies behind a symbolic link.")
                descriptor = os.open(place, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
            except FileNotFoundError as error:
                raise Corrupt(f"The artifact {artifact.key} is gone.") from error
            except OSError as error:
                if error.errno == errno.ELOOP:
                    raise Corrupt(f"The artifact {artifact.key} is a symbolic link.") from error
                raise
            try:
                yield descriptor
            finally:
                os.close(descriptor)


@contextmanager
def _disk() -> Iterator[None]:
    """Tell the disk's errors in the service's vocabulary."""
    try:
        yield
    except OSError as error:
        if error.errno in NO_ROOM:
            raise StorageFull("There is no room left to store this.") from error
        if error.errno == errno.EIO:
            raise Unavailable("The disk does not take or give the bytes.", retry_after=5) from error
        raise InternalError(f"The artifact store failed: {os.strerror(error.errno or 0)}.") from error


def _read(descriptor: int, size: int) -> memoryview:
    """So many bytes of a file in pages of their own, which go back to the system with the view; zeros beyond its end.

    Shared pages, although with nobody: of private ones that are given back (`model.data.blocks`) the content is lost.
    """
    content = rest = memoryview(mmap.mmap(-1, size, flags=mmap.MAP_SHARED | mmap.MAP_ANONYMOUS))
    while rest and (count := os.readv(descriptor, [rest])):
        rest = rest[count:]
    return content.toreadonly()


def _write(draft: Path, parts: Iterable[bytes | memoryview]) -> tuple[str, int]:
    """Write and fsync the parts; answers the digest and the number of their bytes."""
    digest, size = hashlib.sha256(), 0
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o640)
    try:
        for part in parts:
            digest.update(part)
            size += len(part)
            rest = memoryview(part)
            while rest:
                rest = rest[os.write(descriptor, rest) :]
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    return digest.hexdigest(), size


def _fsync_directory(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
