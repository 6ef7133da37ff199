"""The one data plane: every transport predicts through here, so that all give the same answers and refusals."""

from collections.abc import Mapping, Sequence
from typing import Any

from model.training.metrics import evaluate
from service.domain.datasets import Dataset, Evaluation
from service.domain.inference import PLATFORM, InferResult, ModelMetadata, Tensor, inputs, outputs
from service.domain.models import ModelVersion, Signature
from service.errors import Detail, InvalidRequest, NotFound, ServiceError
from service.registry_ports import ModelCatalogue
from service.serving_ports import Predictors, Versions
from service.usecases.datasets import Datasets
from service.usecases.refusals import model_errors
from service.usecases.tensors import checked_cases, checked_inputs, checked_outputs

Reference = str | int | None
"""A version by number or alias; None, or an empty string as some clients send it, means the newest."""


class Inference:
    """Predicts with published versions, and tells what they take and give."""

    def __init__(
        self, catalogue: ModelCatalogue, current: Versions, predictors: Predictors, datasets: Datasets
    ) -> None:
        """Take the seams; `current` is asked with every prediction, the catalogue for what is told."""
        self._catalogue = catalogue
        self._current = current
        self._predictors = predictors
        self._datasets = datasets

    def ready(self, model: str, reference: Reference = None) -> bool:
        """Whether the version exists and its archive loads."""
        try:
            with self._predictors.borrow(self._version(model, reference)):
                return True
        except ServiceError:
            return False

    def metadata(self, model: str, reference: Reference = None) -> ModelMetadata:
        """Names, datatypes and shapes of a version's inputs and outputs."""
        version = self._catalogue.version(model, _named(reference))
        numbers = (version.number,) if reference else self._catalogue.model(model).versions
        signature = version.draft.signature
        return ModelMetadata(model, tuple(map(str, numbers)), PLATFORM, inputs(signature), outputs(signature))

    def infer(
        self,
        model: str,
        reference: Reference,
        tensors: Mapping[str, Tensor],
        wanted: Sequence[str] | None = None,
    ) -> InferResult:
        """Predict from the protocol's tensors: `series` (N, C, L), NaN where a value is missing."""
        version = self._version(model, reference)
        signature = version.draft.signature
        names = checked_outputs(wanted, signature)
        return self._predict(version, checked_inputs(tensors, signature), names)

    def predict(self, model: str, reference: Reference, cases: Sequence[Any]) -> InferResult:
        """Predict from a list of cases (C, L_i), nested lists or arrays, None or NaN where a value is missing."""
        version = self._version(model, reference)
        signature = version.draft.signature
        return self._predict(version, checked_cases(cases, signature), checked_outputs(None, signature))

    def evaluate(self, model: str, reference: Reference, dataset: str) -> Evaluation:
        """Compare a version's answers with a dataset's labels, targets or later steps."""
        version = self._version(model, reference)
        try:
            found = self._datasets.get(dataset)
        except NotFound as error:
            raise NotFound(error.message, Detail("/dataset", error.message)) from error
        _comparable(version.draft.signature, found)
        series = self._datasets.open_series(found)
        with self._predictors.borrow(version) as predictor, model_errors():
            metrics, confusion = evaluate(predictor.pipeline, series, predictor)
        return Evaluation(series.cases, metrics, confusion)

    def _version(self, model: str, reference: Reference) -> ModelVersion:
        return self._current.version(model, _named(reference))

    def _predict(self, version: ModelVersion, cases: Tensor | Sequence[Tensor], names: Sequence[str]) -> InferResult:
        with self._predictors.borrow(version) as predictor, model_errors():
            answers = predictor.predict(cases)
        return InferResult(version, {name: answers[name] for name in names})


def _named(reference: Reference) -> str | None:
    return None if reference in {None, ""} else str(reference)


def _comparable(signature: Signature, dataset: Dataset) -> None:
    """Refuse a dataset that a version cannot be measured on, saying what it would take."""
    facts = dataset.facts
    faults: list[str] = []
    if signature.task not in {facts.task, "forecasting"}:  # any series can be forecast
        faults.append(f"The model is for {signature.task}, the dataset {dataset.name} is for {facts.task}.")
    if len(facts.channels) != len(signature.channels):
        faults.append(f"The model takes {len(signature.channels)} channels, the dataset has {len(facts.channels)}.")
    unknown = sorted(set(facts.labels or ()) - set(signature.classes or ()))
    if unknown and signature.classes is not None:
        shown = ", ".join(unknown[:10])
        faults.append(f"The dataset has labels that the model does not know: {shown}.")
    if faults:
        raise InvalidRequest(faults[0], *(Detail("/dataset", fault) for fault in faults))
