"""One model's own part of the interface's description (OpenAPI): its real shapes, channels and labels."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from model.pipeline import median
from service.domain.inference import INPUT, TensorSpec, inputs, outputs
from service.domain.models import Signature
from service.edge.example import Example

JSON = "application/json"
NAMED_AT_MOST = 64
"""Of so many channels each is described by itself."""
Schema = dict[str, Any]


def model_description(example: Example, base: str) -> Schema:
    """OpenAPI 3.1 of what one version answers."""
    version, signature = example.version, example.version.draft.signature
    model, number = version.model, version.number
    predict = _operation(
        "Predict cases in plain JSON", _predict_request(example), _prediction(model, signature), "predict"
    )
    infer = _operation(
        "Predict by the Open Inference Protocol", _infer_request(example), _infer_answer(signature), "infer"
    )
    return {
        "openapi": "3.1.0",
        "info": {
            "title": model,
            "version": str(number),
            "summary": f"{signature.task.capitalize()} of series with {_told(signature.channels)}.",
        },
        "servers": [{"url": base}],
        "paths": {
            f"/v1/models/{model}:predict": {"post": predict},
            f"/v2/models/{model}/versions/{number}/infer": {"post": infer},
        },
    }


def _operation(summary: str, request: Schema, answer: Schema, name: str) -> Schema:
    return {
        "summary": summary,
        "operationId": name,
        "requestBody": {"required": True, "content": {JSON: request}},
        "responses": {"200": {"description": "The answer.", "content": {JSON: {"schema": answer}}}},
    }


def _predict_request(example: Example) -> Schema:
    signature = example.version.draft.signature
    number = example.version.number
    schema = _object(
        {"series": {"type": "array", "minItems": 1, "items": _case(signature)}, "version": {"const": number}},
        optional=("version",),
    )
    return {"schema": schema, "example": {"series": [example.case], "version": number}}


def _case(signature: Signature) -> Schema:
    """A case: each channel under its name, its steps as many as the model takes."""
    steps: Schema = {"type": "array", "minItems": signature.length or 1, "items": {"type": ["number", "null"]}}
    if signature.length is not None and signature.horizon is None:
        steps["maxItems"] = signature.length
    count = len(signature.channels)
    case: Schema = {"type": "array", "minItems": count, "maxItems": count, "description": "Channels, then steps."}
    if count > NAMED_AT_MOST:
        return case | {"items": steps}
    return case | {"prefixItems": [{"title": name, **steps} for name in signature.channels]}


def _prediction(model: str, signature: Signature) -> Schema:
    one = PREDICTIONS[signature.task](signature)
    return _object({"model": {"const": model}, "version": {"type": "integer"}, "predictions": _list(one)})


def _classified(signature: Signature) -> Schema:
    classes = signature.classes or ()
    probability = {"type": "number", "minimum": 0, "maximum": 1}
    probabilities = _object(dict.fromkeys(classes, probability))
    return _object({"label": {"enum": list(classes)}, "probabilities": probabilities})


def _regressed(signature: Signature) -> Schema:
    several = signature.targets if signature.targets not in {None, 1} else None
    return _spread("value", {"type": "number"} if several is None else _list({"type": "number"}, several), signature)


def _forecast(signature: Signature) -> Schema:
    steps = _list({"type": "number"}, signature.horizon)
    return _spread("forecast", _list(steps, len(signature.channels)), signature)


def _spread(name: str, answer: Schema, signature: Signature) -> Schema:
    """An answer, and its quantiles by their shares where the version has them; without the median only these."""
    if signature.quantiles is None:
        return _object({name: answer})
    plain = {} if median(signature.quantiles) is None else {name: answer}
    return _object({**plain, "quantiles": _object(dict.fromkeys([f"{q:g}" for q in signature.quantiles], answer))})


PREDICTIONS: Mapping[str, Callable[[Signature], Schema]] = {
    "classification": _classified,
    "regression": _regressed,
    "forecasting": _forecast,
}


def _infer_request(example: Example) -> Schema:
    signature = example.version.draft.signature
    (spec,) = inputs(signature)
    data = {"type": "array", "description": "Flat and row-major, or nested as the shape says; null is missing."}
    entry = _object({**_tensor(spec), "data": data})
    shape = [1, len(example.case), example.steps]
    tensor = {"name": INPUT, "shape": shape, "datatype": spec.datatype, "data": [example.case]}
    return {"schema": _object({"inputs": _list(entry, 1)}), "example": {"inputs": [tensor]}}


def _infer_answer(signature: Signature) -> Schema:
    entries = [_object({**_tensor(spec), "data": {"type": "array"}}) for spec in outputs(signature)]
    return _object(
        {
            "model_name": {"type": "string"},
            "model_version": {"type": "string"},
            "outputs": {"type": "array", "prefixItems": entries},
        }
    )


def _tensor(spec: TensorSpec) -> Schema:
    """A tensor's name, datatype and shape; a dimension of any size is any positive number."""
    sizes = [{"const": size} if size >= 0 else {"type": "integer", "minimum": 1} for size in spec.shape]
    shape = {"type": "array", "prefixItems": sizes, "minItems": len(sizes), "maxItems": len(sizes)}
    return {"name": {"const": spec.name}, "datatype": {"const": spec.datatype}, "shape": shape}


def _object(properties: Schema, optional: Sequence[str] = ()) -> Schema:
    required = [name for name in properties if name not in optional]
    return {"type": "object", "properties": properties, "required": required}


def _list(items: Schema, count: int | None = None) -> Schema:
    return {"type": "array", "items": items} | ({} if count is None else {"minItems": count, "maxItems": count})


def _told(channels: Sequence[str]) -> str:
    count = len(channels)
    return f"{count} channel{'' if count == 1 else 's'}"
