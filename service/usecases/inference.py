"""The one data plane: every transport predicts through here, so that all give the same answers and refusals."""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from model.arrays import surely_finite
from model.cases import Cases, EvenCases, joined
from model.errors import InvalidSeries, ModelError
from model.pipeline import Pipeline
from model.predictor import finite
from model.training.backtest import backtest
from model.training.metrics import evaluate
from service.domain.datasets import Dataset, Evaluation, Rolling
from service.domain.inference import PLATFORM, InferResult, ModelMetadata, Tensor, TensorSpec, inputs, outputs
from service.domain.models import ModelVersion, Signature
from service.errors import Corrupt, Detail, InvalidRequest, NotFound, ServiceError
from service.registry_ports import ModelCatalogue
from service.serving_ports import HeldModel, Predictors, Versions
from service.usecases.datasets import Datasets
from service.usecases.refusals import model_errors, translated
from service.usecases.tensors import checked_cases, checked_inputs, checked_outputs

Reference = str | int | None
"""A version by number or alias; None, or an empty string as some clients send it, means the newest."""


@dataclass(eq=False, slots=True)  # not frozen: one is made for each request
class Question:
    """Checked cases for a model in memory, and the outputs that were asked for.

    traceparent: the span that waits for the answer, if anyone collects spans
    rows: how many cases
    key: who may share a batch: one version, plans of one length; mixed lengths share with none
    """

    version: ModelVersion
    held: HeldModel
    cases: Cases | EvenCases
    outputs: tuple[str, ...]
    traceparent: str | None = None
    rows: int = field(init=False)
    key: Hashable = field(init=False)

    def __post_init__(self) -> None:
        """Look once: both are asked for at every turn."""
        length = self.cases.plan_length
        self.rows = len(self.cases)
        self.key = object() if length is None else (self.version.draft.archive.key, length)


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
        """Whether the version exists, is in service, and its archive loads."""
        try:
            self._held(model, reference)
        except ServiceError:
            return False
        return True

    def at_hand(self, model: str, reference: Reference, since: int | None = None) -> ModelVersion | None:
        """The version that is meant, if to ask it now reads no row and no file; `since` as `Versions.known` has it."""
        version = self._current.known(model, _named(reference), since)
        return version if version is not None and self._predictors.holds(version) else None

    def asked(self, model: str, reference: Reference) -> ModelVersion:
        """The version that a request means; Unavailable if it was unloaded."""
        return self._current.version(model, _named(reference))

    def inputs(self, model: str, reference: Reference) -> tuple[TensorSpec, ...]:
        """What a version takes."""
        return inputs(self.asked(model, reference).draft.signature)

    def metadata(self, model: str, reference: Reference = None) -> ModelMetadata:
        """Names, datatypes and shapes of a version's inputs and outputs."""
        version = self._catalogue.version(model, _named(reference))
        numbers = (version.number,) if reference else self._catalogue.model(model).versions
        signature = version.draft.signature
        return ModelMetadata(model, tuple(map(str, numbers)), PLATFORM, inputs(signature), outputs(signature))

    def question(
        self,
        model: str,
        reference: Reference,
        tensors: Mapping[str, Tensor],
        wanted: Sequence[str] | None = None,
        known: ModelVersion | None = None,
    ) -> Question:
        """Check the protocol's tensors: `series` (N, C, L), NaN where one is missing; `known` was just looked up."""
        version, held = self._held(model, reference, known)
        names = checked_outputs(wanted, held.outputs)
        return _question(version, held, checked_inputs(tensors, version.draft.signature), names)

    def question_of_cases(
        self, model: str, reference: Reference, cases: Sequence[Any], known: ModelVersion | None = None
    ) -> Question:
        """Check a list of cases (C, L_i), nested lists or arrays, None or NaN where a value is missing."""
        version, held = self._held(model, reference, known)
        return _question(version, held, checked_cases(cases, version.draft.signature), held.outputs)

    def answers(self, questions: Sequence[Question]) -> list[InferResult | ServiceError]:
        """Answer questions of one key together, each with its own rows and outputs, or its own refusal."""
        with questions[0].held.borrow() as predictor, model_errors():
            outputs = predictor.run(joined([question.cases for question in questions]))
        sound = surely_finite(outputs)
        answers = predictor.pipeline.answers(outputs) if sound else {}
        found: list[InferResult | ServiceError] = []
        begin = 0
        for question in questions:
            end = begin + question.rows
            found.append(
                InferResult(question.version, {name: answers[name][begin:end] for name in question.outputs})
                if sound
                else _answer(question, predictor.pipeline, outputs[begin:end])
            )
            begin = end
        return found

    def evaluate(self, model: str, reference: Reference, dataset: str, rolling: Rolling | None = None) -> Evaluation:
        """Compare a version's answers with a dataset's labels, targets or later steps; forecasts also by a backtest."""
        version, held = self._held(model, reference)
        try:
            found = self._datasets.get(dataset)
        except NotFound as error:
            raise NotFound(error.message, Detail("/dataset", error.message)) from error
        _comparable(version.draft.signature, found)
        if rolling is not None and version.draft.signature.horizon is None:
            message = "A backtest is for models that forecast."
            raise InvalidRequest(message, Detail("/backtest", message))
        series = self._datasets.open_series(found)
        with held.borrow() as predictor, model_errors():
            if rolling is not None:
                tested = backtest(predictor.pipeline, series, **vars(rolling), predictor=predictor)
                return Evaluation(series.cases, tested.metrics, None, tested)
            metrics, confusion = evaluate(predictor.pipeline, series, predictor)
        return Evaluation(series.cases, metrics, confusion)

    def _held(
        self, model: str, reference: Reference, known: ModelVersion | None = None
    ) -> tuple[ModelVersion, HeldModel]:
        """The version and its model in memory; one that is removed at this moment is looked up once more."""
        version = self.asked(model, reference) if known is None else known
        try:
            return version, self._predictors.loaded(version)
        except Corrupt:
            again = self.asked(model, reference)
            if again == version:
                raise
            return again, self._predictors.loaded(again)


def _question(
    version: ModelVersion, held: HeldModel, cases: Tensor | Sequence[Tensor], names: tuple[str, ...]
) -> Question:
    try:
        return Question(version, held, held.intake.take(cases, infinite=False), names)
    except ModelError as error:
        raise translated(error, InvalidRequest) from error


def _answer(question: Question, pipeline: Pipeline, outputs: Tensor) -> InferResult | ServiceError:
    try:
        answers = pipeline.answers(finite(outputs))
    except InvalidSeries as error:
        return translated(error, InvalidRequest)
    return InferResult(question.version, {name: answers[name] for name in question.outputs})


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
