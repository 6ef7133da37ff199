"""The network that both serve: trained by the service, exported by it, and answering the same on both sides."""

from __future__ import annotations

import json
import urllib.request
from pathlib import Path

import numpy as np

from benchmarks.serving.servers import Server
from benchmarks.serving.work import CHANNELS, CLASSES, LENGTH, MODEL, OUTPUT, as_json, cases
from service.client import Client

CASES = 64
TOLERANCE = 1e-4


def convolution(filters: int, kernel: int) -> list[dict[str, object]]:
    """A convolution and what follows it."""
    return [{"kind": "conv1d", "out_channels": filters, "kernel": kernel, "padding": "same"}, {"kind": "relu"}]


NETWORK = {
    "layers": [*convolution(32, 7), *convolution(64, 5), *convolution(32, 3), {"kind": "global_average_pool"}],
}
"""Three convolutions; the dense head of the four classes is added by training."""


def publish(server: Server, directory: Path) -> Path:
    """Train the network through the service, and answer where its ONNX file lies."""
    series = directory / "series.npz"
    labels = np.arange(CASES) % CLASSES
    shift = 0.3 * labels[:, None, None]
    values = np.random.default_rng(0).standard_normal((CASES, CHANNELS, LENGTH)) + shift
    np.savez(series, X=values.astype(np.float32), y=labels)
    with Client(f"http://127.0.0.1:{server.http}") as client:
        client.upload(series, "series")
        job = client.submit({"model": MODEL, "dataset": "series", "network": NETWORK, "training": {"epochs": 3}})
        last = [event for event in client.follow(job["id"]) if event.kind == "end"][-1]
        if last.data["state"] != "SUCCEEDED":
            raise SystemExit(f"The network was not trained: {last.data}")
        onnx = directory / f"{MODEL}.onnx"
        onnx.write_bytes(client.onnx(MODEL))
    return onnx


def require_agreement(ours: Server, theirs: Server) -> float:
    """The largest difference of their answers to 32 cases; what differs is not compared."""
    largest = float(np.abs(_asked(ours) - _asked(theirs)).max())
    if not largest < TOLERANCE:
        raise SystemExit(f"The answers differ by {largest:.1e}; what differs is not compared.")
    return largest


def _asked(server: Server) -> np.ndarray:
    body = as_json(cases(32))
    request = urllib.request.Request(server.infer, body.content, dict(body.headers))  # noqa: S310 - a server of ours
    with urllib.request.urlopen(request, timeout=30) as response:  # noqa: S310 - as above
        (output,) = json.load(response)["outputs"]
    if output["name"] != OUTPUT:
        raise SystemExit(f"{server.name} answers {output['name']}, not {OUTPUT}.")
    return np.reshape(output["data"], (-1, CLASSES))
