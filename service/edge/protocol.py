"""What the inference protocol tells of the server and its models, the same over both transports."""

from collections.abc import Iterator

from api_schemas.rest import protocol as schemas
from service.domain.inference import TensorSpec
from service.domain.pages import LARGEST_PAGE, Cursor, PageRequest
from service.edge.prediction import LARGEST_BATCH, PRIORITY_LEVELS, USUAL_PRIORITY
from service.edge.statistics import Statistics
from service.release import release
from service.serving.scheduler import Batching
from service.usecases.services import Services

SERVER = "wavetap"
EXTENSIONS = (
    "binary_tensor_data",
    "classification",
    "model_configuration",
    "model_repository",
    "parameters",
    "statistics",
)
"""The protocol's extensions that work here, over REST and gRPC."""

CONFIGURED_TYPES = {"BYTES": "TYPE_STRING"}
"""A configuration's own names of datatypes; all others are the datatype behind `TYPE_`."""


def server_metadata() -> schemas.ServerMetadata:
    """Name, release and extensions."""
    return schemas.ServerMetadata(name=SERVER, version=release(), extensions=list(EXTENSIONS))


def model_metadata(services: Services, model: str, reference: str | None) -> schemas.ModelMetadata:
    """What a version takes and gives."""
    found = services.inference.metadata(model, reference)
    return schemas.ModelMetadata(
        name=found.name,
        versions=list(found.versions),
        platform=found.platform,
        inputs=[_tensor(spec) for spec in found.inputs],
        outputs=[_tensor(spec) for spec in found.outputs],
    )


def model_config(services: Services, batching: Batching, model: str, reference: str | None) -> schemas.ModelConfig:
    """The same as a configuration: shapes without the batch dimension, and how requests are batched."""
    found = services.inference.metadata(model, reference)
    return schemas.ModelConfig(
        name=found.name,
        platform=found.platform,
        backend=SERVER,
        max_batch_size=LARGEST_BATCH,
        dynamic_batching=schemas.DynamicBatching(
            preferred_batch_size=[batching.rows],
            max_queue_delay_microseconds=round(batching.delay * 1e6),
            preserve_ordering=False,
            priority_levels=PRIORITY_LEVELS,
            default_priority_level=USUAL_PRIORITY,
            default_queue_policy=schemas.QueuePolicy(allow_timeout_override=True, max_queue_size=batching.waiting),
        ),
        input=[_configured(spec) for spec in found.inputs],
        output=[_configured(spec) for spec in found.outputs],
    )


def statistics(
    services: Services, counters: Statistics, model: str | None, reference: str | None
) -> schemas.StatisticsResponse:
    """What one version, every version of a model, or every version of all models has done."""
    whole = counters.whole()
    return schemas.StatisticsResponse(
        model_stats=[
            schemas.ModelStatistics.model_validate(whole.of(name, number))
            for name, number in _versions(services, model, reference)
        ]
    )


def _versions(services: Services, model: str | None, reference: str | None) -> Iterator[tuple[str, str]]:
    catalogue = services.catalogue
    if model is None:
        after: Cursor | None = None
        more = True
        while more:
            page = catalogue.models(PageRequest(LARGEST_PAGE, after))
            yield from ((found.name, str(number)) for found in page.items for number in found.versions)
            more = page.next_cursor is not None
            after = Cursor.decode(page.next_cursor) if page.next_cursor else None
    elif reference:
        yield model, str(catalogue.version(model, reference).number)
    else:
        yield from ((model, str(number)) for number in catalogue.model(model).versions)


def _tensor(spec: TensorSpec) -> schemas.TensorMetadata:
    return schemas.TensorMetadata(name=spec.name, datatype=spec.datatype, shape=list(spec.shape))


def _configured(spec: TensorSpec) -> schemas.ConfiguredTensor:
    kind = CONFIGURED_TYPES.get(spec.datatype, f"TYPE_{spec.datatype}")
    return schemas.ConfiguredTensor(name=spec.name, data_type=kind, dims=list(spec.shape[1:]) or [1])
