"""The whole service in one story, each chapter of it told over REST and over gRPC: every operation is in it."""

from typing import Any

from google.protobuf import struct_pb2

from api_schemas.generated import wavetap_pb2 as pb
from tests import houses
from tests.parity.steps import Ask, Step, step, upload

FILE = houses.classification_file(seed=7)
OTHER_FILE = houses.classification_file(seed=8)
ROWS = b"id,seen,v,kind\na,2024-01-01,1,up\na,2024-01-02,2,up\nb,2024-01-01,3,down\n"
CASES = houses.cases(3, seed=9).tolist()
SERIES = [pb.Case(channels=[pb.Channel(values=channel) for channel in case]) for case in CASES]
TRAINING = {"epochs": 2, "batch_size": 4}
JOB = {"model": "m", "dataset": "walks", "network": houses.TINY, "training": TRAINING}
VALIDATED = {**TRAINING, "validation": {"dataset": "held"}}
UNKNOWN = {"recipe": "x"}
PREVIEW, DATASETS, DATASET = "POST /v1/datasets:preview", "/v1/datasets", "/v1/datasets/{dataset}"
JOBS, ONE_JOB = "/v1/training-jobs", "/v1/training-jobs/{job}"
MODEL, VERSION = "/v1/models/{model}", "/v1/models/{model}/versions/{version}"
ALIAS = "/v1/models/{model}/aliases/{alias}"


def struct(content: dict[str, Any]) -> struct_pb2.Struct:
    message = struct_pb2.Struct()
    message.update(content)
    return message


def job(**fields: Any) -> pb.CreateTrainingJobRequest:
    plain = {**JOB, **fields}
    sections = {name: struct(plain[name]) for name in ("network", "training")}
    return pb.CreateTrainingJobRequest(**{**plain, **sections})


def version(reference: str, model: str = "m") -> pb.ModelVersionRequest:
    return pb.ModelVersionRequest(model=model, version=reference)


def alias(number: str) -> Step:
    wanted: Any = int(number) if number.isdecimal() else number
    message = pb.SetAliasRequest(model="m", alias="live", version=number)
    return step(f"PUT {ALIAS}", "SetAlias", message, Ask(json={"version": wanted}), model="m", alias="live")


def rollback(key: str | None = None) -> Step:
    message = pb.RollBackAliasRequest(model="m", alias="live", idempotency_key=key or "")
    return step(f"POST {ALIAS}:rollback", "RollBackAlias", message, Ask(key=key), model="m", alias="live")


def annotated(changes: dict[str, Any]) -> tuple[Step, Step]:
    of_model = pb.UpdateModelRequest(model="m", changes=struct(changes))
    of_version = pb.UpdateModelVersionRequest(model="m", version="live", changes=struct(changes))
    return (
        step(f"PATCH {MODEL}", "UpdateModel", of_model, Ask(json=changes), model="m"),
        step(f"PATCH {VERSION}", "UpdateModelVersion", of_version, Ask(json=changes), model="m", version="live"),
    )


def predicted(**fields: Any) -> Step:
    message = pb.PredictRequest(**{"model": "m", "series": SERIES, **fields})
    body = {"series": CASES} | ({"version": fields["version"]} if "version" in fields else {})
    return step(f"POST {MODEL}:predict", "Predict", message, Ask(json=body), model=fields.get("model", "m"))


def judged(dataset: str, reference: str) -> Step:
    message = pb.EvaluateRequest(model="m", version=reference, dataset=dataset)
    body = {"dataset": dataset, "version": reference}
    return step(f"POST {MODEL}:evaluate", "Evaluate", message, Ask(json=body), model="m")


def dataset(name: str, content: bytes = FILE, key: str = "") -> Step:
    message = upload(content, name=name, format="json", idempotency_key=key)
    ask = Ask({"name": name, "format": "json"}, content=content, key=key or None)
    return step(f"POST {DATASETS}", "CreateDataset", message, ask)


def compared(name: str, other: str) -> Step:
    message = pb.CompareDatasetsRequest(dataset=name, other=other)
    return step(f"POST {DATASET}:compare", "CompareDatasets", message, Ask(json={"dataset": other}), dataset=name)


def of_job(action: str, method: str) -> Step:
    return step(f"POST {ONE_JOB}:{action}", method, lambda known: pb.TrainingJobRequest(id=known["job"]), job="{job}")


UPLOADED: tuple[Step, ...] = (
    step(PREVIEW, "PreviewDataset", upload(FILE, format="json"), Ask({"format": "json"}, content=FILE)),
    dataset("walks", key="k-upload"),
    dataset("walks", key="k-upload"),
    dataset("walks", OTHER_FILE),
    dataset("held", OTHER_FILE),
    dataset("other", key="k-upload"),
    dataset("a b"),
    step(
        PREVIEW,
        "PreviewDataset",
        upload(ROWS, format="csv", label=""),
        Ask({"format": "csv", "label": ""}, content=ROWS),
    ),
    step(PREVIEW, "PreviewDataset", upload(b"{", format="json"), Ask({"format": "json"}, content=b"{")),
    step(f"GET {DATASETS}", "ListDatasets", pb.ListRequest(limit=1), Ask({"limit": "1"})),
    step(f"GET {DATASETS}", "ListDatasets", pb.ListRequest(limit=0), Ask({"limit": "0"})),
    step(f"GET {DATASET}", "GetDataset", pb.DatasetRequest(dataset="walks"), dataset="walks"),
    step(f"GET {DATASET}", "GetDataset", pb.DatasetRequest(dataset="no-such"), dataset="no-such"),
    compared("walks", "walks"),
    compared("walks", "no-such"),
    compared("no-such", "walks"),
)
TRAINED: tuple[Step, ...] = (
    step(
        f"POST {JOBS}",
        "CreateTrainingJob",
        job(idempotency_key="k-job"),
        Ask(json=JOB, key="k-job"),
        names="job",
    ),
    step(f"POST {JOBS}", "CreateTrainingJob", job(idempotency_key="k-job"), Ask(json=JOB, key="k-job")),
    step(f"POST {JOBS}", "CreateTrainingJob", job(dataset="no-such"), Ask(json={**JOB, "dataset": "no-such"})),
    step(
        f"POST {JOBS}", "CreateTrainingJob", job(network={"recipe": "x"}), Ask(json={**JOB, "network": {"recipe": "x"}})
    ),
    step(f"GET {JOBS}", "ListTrainingJobs", pb.ListTrainingJobsRequest(state="QUEUED"), Ask({"state": "QUEUED"})),
    step(f"DELETE {DATASET}", "DeleteDataset", pb.DatasetRequest(dataset="walks"), dataset="walks"),
    of_job("cancel", "CancelTrainingJob"),
    step(
        f"POST {ONE_JOB}:resume",
        "ResumeTrainingJob",
        lambda known: pb.ResumeTrainingJobRequest(id=known["job"], epochs=3),
        Ask(json={"epochs": 3}),
        job="{job}",
        then=True,
    ),
    of_job("cancel", "CancelTrainingJob"),
    step(f"GET {ONE_JOB}", "GetTrainingJob", lambda known: pb.TrainingJobRequest(id=known["job"]), job="{job}"),
    step(f"GET {ONE_JOB}", "GetTrainingJob", pb.TrainingJobRequest(id="job_1"), job="job_1"),
    step(
        f"GET {ONE_JOB}/events",
        "WatchTrainingJob",
        lambda known: pb.WatchTrainingJobRequest(id=known["job"]),
        job="{job}",
    ),
    step(
        f"POST {JOBS}",
        "CreateTrainingJob",
        job(training=VALIDATED),
        Ask(json={**JOB, "training": VALIDATED}),
        names="second",
        then=True,
    ),
)
PUBLISHED: tuple[Step, ...] = (
    step("GET /v1/models", "ListModels", pb.ListRequest()),
    step(f"GET {MODEL}", "GetModel", pb.ModelRequest(model="m"), model="m"),
    step(f"GET {MODEL}", "GetModel", pb.ModelRequest(model="no-such"), model="no-such"),
    step(f"GET {MODEL}/versions", "ListModelVersions", pb.ListModelVersionsRequest(model="m"), model="m"),
    *(alias(number) for number in ("1", "2", "9", "live")),
    step(f"GET {ALIAS}", "GetAlias", pb.AliasRequest(model="m", alias="live"), model="m", alias="live"),
    step(f"GET {ALIAS}", "GetAlias", pb.AliasRequest(model="m", alias="no"), model="m", alias="no"),
    *(rollback(key) for key in ("k-back", "k-back", None)),
    *annotated({"notes": "Good.", "tags": {"owner": "me", "draft": "yes"}}),
    *annotated({"tags": {"draft": None}}),
    *annotated({"tags": {"a b": "x"}}),
    *annotated({"metrics": {}}),
    *annotated({"keep_versions": 9}),
    *annotated({"keep_versions": 0}),
    *annotated({"keep_versions": None}),
    step(f"GET {VERSION}", "GetModelVersion", version("live"), model="m", version="live"),
    step(f"GET {VERSION}", "GetModelVersion", version("no-such"), model="m", version="no-such"),
)
USED: tuple[Step, ...] = (
    predicted(),
    predicted(version="live"),
    predicted(version="no-such"),
    predicted(model="no-such"),
    judged("walks", "live"),
    judged("no-such", "live"),
    step(f"GET {VERSION}/onnx", "DownloadOnnx", pb.DownloadOnnxRequest(model="m", version="2"), model="m", version="2"),
    step(f"GET {VERSION}/onnx", "DownloadOnnx", pb.DownloadOnnxRequest(model="m", version="9"), model="m", version="9"),
    *(
        step(
            f"POST {VERSION}:reproduce",
            "ReproduceModelVersion",
            pb.ReproduceModelVersionRequest(model="m", version=reference, idempotency_key=key),
            Ask(key=key or None),
            model="m",
            version=reference,
            names="again" if then else None,
            then=then,
        )
        for reference, key, then in (("live", "k-again", True), ("live", "k-again", False), ("9", "", False))
    ),
    step(f"GET {ONE_JOB}", "GetTrainingJob", lambda known: pb.TrainingJobRequest(id=known["again"]), job="{again}"),
    *(
        step(f"GET {DATASET}/lineage", "GetDatasetLineage", pb.DatasetRequest(dataset=name), dataset=name)
        for name in ("walks", "held", "no-such")
    ),
    *(
        step(f"GET {VERSION}/lineage", "GetModelVersionLineage", version(reference), model="m", version=reference)
        for reference in ("live", "2", "9")
    ),
)
REMOVED: tuple[Step, ...] = (
    *(
        step(f"DELETE {VERSION}", "DeleteModelVersion", version(reference), model="m", version=reference)
        for reference in ("1", "live", "9")
    ),
    *(
        step(f"DELETE {ALIAS}", "DeleteAlias", pb.AliasRequest(model="m", alias="live"), model="m", alias="live")
        for _ in range(2)
    ),
    step(f"DELETE {VERSION}", "DeleteModelVersion", version("1"), model="m", version="1"),
    *(step(f"DELETE {MODEL}", "DeleteModel", pb.ModelRequest(model="m"), model="m") for _ in range(2)),
    *(
        step(f"DELETE {DATASET}", "DeleteDataset", pb.DatasetRequest(dataset="walks"), dataset="walks")
        for _ in range(2)
    ),
)

STORY = (*UPLOADED, *TRAINED, *PUBLISHED, *USED, *REMOVED)
