"""Hot models: weights mapped from the archive, shared by all threads and workers, within a budget of memory."""

import threading
from collections import OrderedDict, deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager

from model.cases import Intake
from model.errors import InvalidArchive
from model.interchange import archive
from model.pipeline import Pipeline, Predictor
from service.domain.inference import output_names
from service.domain.models import ModelVersion
from service.domain.serving import LOADING, READY, ServingState, Standing
from service.errors import Corrupt, ServiceError
from service.ports import ArtifactStore

BUDGET_BYTES = 512 << 20


class LoadedModels:
    """Loads a version when it is first asked for, and lets go of those that nobody asked for the longest.

    The one asked for last is kept whatever its size, and none is let go while somebody works with it.
    """

    def __init__(self, artifacts: ArtifactStore, budget_bytes: int = BUDGET_BYTES) -> None:
        """Load nothing yet."""
        self._artifacts = artifacts
        self._budget = budget_bytes
        self._lock = threading.Lock()
        self._models: OrderedDict[str, LoadedModel] = OrderedDict()
        self._loading: dict[str, Future[LoadedModel]] = {}
        self._failures: dict[str, str] = {}

    def loaded(self, version: ModelVersion) -> "LoadedModel":
        """The model, loaded by one thread while the others that want it wait; Corrupt if its archive is damaged."""
        key = version.draft.archive.key
        try:  # without the lock: the dictionary has its own, and every request comes here
            model = self._models[key]
            self._models.move_to_end(key)
        except KeyError:
            return self._awaited(version, key)
        return model

    def load(self, version: ModelVersion) -> None:
        """Have it in memory, with the plans made that the model's other versions are asked for."""
        loaded = self.loaded(version)
        with self._lock:
            held = list(self._models.values())
        plans = {plan for other in held if other.model == version.model for plan in other.plans}
        with loaded.borrow() as predictor:
            predictor.warm(plans)

    def holds(self, version: ModelVersion) -> bool:
        """Whether it is in memory."""
        return version.draft.archive.key in self._models

    def forget(self, model: str) -> None:
        """Let go of every version of a model; what is lent is let go when it is given back."""
        with self._lock:
            for key, loaded in list(self._models.items()):
                if loaded.model == model:
                    del self._models[key]

    def standing(self, version: ModelVersion) -> Standing:
        """Whether it can be borrowed, and if not why."""
        key = version.draft.archive.key
        with self._lock:
            if key in self._models:
                return READY
            if key in self._loading:
                return LOADING
            failure = self._failures.get(key)
        try:
            self._artifacts.path(version.draft.archive)
        except ServiceError as error:
            failure = error.message
        return READY if failure is None else Standing(ServingState.UNAVAILABLE, failure)

    def lent(self, version: ModelVersion) -> bool:
        """Whether somebody works with it."""
        loaded = self._models.get(version.draft.archive.key)
        return loaded is not None and loaded.lent > 0

    @property
    def nbytes(self) -> int:
        """Memory of everything held."""
        with self._lock:
            return sum(loaded.nbytes for loaded in self._models.values())

    def _awaited(self, version: ModelVersion, key: str) -> "LoadedModel":
        """One that is not in memory, or was not a moment ago."""
        with self._lock:
            if key in self._models:
                return self._models[key]
            future = self._loading.get(key)
            ours = future is None
            if future is None:
                future = self._loading[key] = Future()
        if ours:
            self._load(version, key, future)
        return future.result()

    def _load(self, version: ModelVersion, key: str, future: "Future[LoadedModel]") -> None:
        try:
            loaded = LoadedModel(version, self._read(version), self._shrink)
        except BaseException as error:
            with self._lock:
                del self._loading[key]
                if isinstance(error, ServiceError):
                    self._failures[key] = error.message
            future.set_exception(error)
            raise
        with self._lock:
            del self._loading[key]
            self._models[key] = loaded
            self._failures.pop(key, None)
        future.set_result(loaded)

    def _read(self, version: ModelVersion) -> Pipeline:
        try:
            return archive.load(self._artifacts.view(version.draft.archive))
        except InvalidArchive as error:
            raise Corrupt(f"Version {version.number} of {version.model} cannot be loaded: {error.message}") from error

    def _shrink(self) -> None:
        """Let go of what nobody works with, the longest unasked first, until the rest fits."""
        with self._lock:
            held = list(self._models.items())
            total = sum(loaded.nbytes for _, loaded in held)
            for key, loaded in held[:-1]:
                if total <= self._budget:
                    return
                if not loaded.lent:
                    del self._models[key]
                    total -= loaded.nbytes


class LoadedModel:
    """A model and its idle predictors; the last one given back is the first taken, as its plans are in cache."""

    def __init__(self, version: ModelVersion, pipeline: Pipeline, given_back: Callable[[], None]) -> None:
        """Take what was loaded, and whom to tell that a predictor may have grown."""
        self.model = version.model
        self.outputs = output_names(version.draft.signature)
        self.pipeline = pipeline
        self.intake = Intake(pipeline)
        self.lent = 0
        self._given_back = given_back
        self._lock = threading.Lock()
        self._idle: deque[Predictor] = deque()
        self._weights = pipeline.network.parameters.nbytes + pipeline.network.state.nbytes

    @contextmanager
    def borrow(self) -> Iterator[Predictor]:
        """A predictor that is the caller's alone until the end of the context; how many there are, callers bound."""
        with self._lock:
            self.lent += 1
            predictor = self._idle.pop() if self._idle else Predictor(self.pipeline)
        whole = True
        try:
            yield predictor
        except BaseException as error:
            whole = isinstance(error, ServiceError)  # a refusal leaves it whole; after anything else it is not kept
            raise
        finally:
            with self._lock:
                self.lent -= 1
                if whole:
                    self._idle.append(predictor)
            self._given_back()

    @property
    def plans(self) -> set[tuple[int, int]]:
        """Batch and length of the plans that idle predictors have."""
        with self._lock:
            return {plan for predictor in self._idle for plan in predictor.plans}

    @property
    def nbytes(self) -> int:
        """Weights, and the plans of predictors that are idle."""
        with self._lock:
            return self._weights + sum(predictor.nbytes for predictor in self._idle)
