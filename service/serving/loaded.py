"""Hot models: the ones used last stay in memory, each with a few predictors, one for each thread that predicts."""

import threading
from collections import OrderedDict, deque
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager

from model.errors import InvalidArchive
from model.interchange import archive
from model.pipeline import Pipeline, Predictor
from service.domain.models import ModelVersion
from service.errors import Corrupt, ServiceError
from service.ports import ArtifactStore

MODELS_HELD = 32


class LoadedModels:
    """Loads a version when it is first asked for, and lets go of the one that nobody asked for the longest."""

    def __init__(self, artifacts: ArtifactStore, held: int = MODELS_HELD) -> None:
        """Load nothing yet."""
        self._artifacts = artifacts
        self._held = held
        self._lock = threading.Lock()
        self._models: OrderedDict[str, Future[_Loaded]] = OrderedDict()

    @contextmanager
    def borrow(self, version: ModelVersion) -> Iterator[Predictor]:
        """A predictor that is the caller's alone until the end of the context."""
        loaded = self._loaded(version)
        predictor = loaded.take()
        try:
            yield predictor
        except ServiceError:  # a refusal, which leaves the predictor whole; after any other error it is not kept
            loaded.give_back(predictor)
            raise
        loaded.give_back(predictor)

    def _loaded(self, version: ModelVersion) -> "_Loaded":
        """The model, loaded by one thread while the others that want it wait."""
        key = version.draft.archive.sha256
        with self._lock:
            future = self._models.get(key)
            ours = future is None
            if future is None:
                future = self._models[key] = Future()
            self._models.move_to_end(key)
            while len(self._models) > self._held:
                self._models.popitem(last=False)
        if ours:
            self._load(version, key, future)
        return future.result()

    def _load(self, version: ModelVersion, key: str, future: "Future[_Loaded]") -> None:
        try:
            future.set_result(_Loaded(self._read(version)))
        except BaseException as error:
            with self._lock:
                self._models.pop(key, None)
            future.set_exception(error)
            raise

    def _read(self, version: ModelVersion) -> Pipeline:
        content = self._artifacts.get(version.draft.archive)
        try:
            return archive.load(content)
        except InvalidArchive as error:
            raise Corrupt(f"Version {version.number} of {version.model} cannot be loaded: {error.message}") from error


class _Loaded:
    """A model and its idle predictors; the last one given back is the first taken, as its plans are in cache."""

    def __init__(self, pipeline: Pipeline) -> None:
        self._pipeline = pipeline
        self._idle: deque[Predictor] = deque()

    def take(self) -> Predictor:
        """An idle predictor, or a new one; how many there can be is bounded by the callers' threads."""
        try:
            return self._idle.pop()
        except IndexError:
            return Predictor(self._pipeline)

    def give_back(self, predictor: Predictor) -> None:
        """Keep it for the next."""
        self._idle.append(predictor)
