"""Eight channels that ask over gRPC, each as soon as it has its answer; arguments: port, seconds.

The request is serialized once and an answer is not parsed, so that little of the client's own work is measured.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from collections.abc import Callable

import grpc
import numpy as np

from benchmarks.serving.work import CONNECTIONS, as_message, cases

METHOD = "/inference.GRPCInferenceService/ModelInfer"
CHANNEL = (("grpc.use_local_subchannel_pool", 1),)
"""A connection for each channel, not one for all of them."""


def main(port: int, seconds: float) -> None:
    """Print one line of JSON."""
    request = as_message(cases(1))
    latencies: list[list[float]] = [[] for _ in range(CONNECTIONS)]
    errors: list[str] = []
    channels = [grpc.insecure_channel(f"127.0.0.1:{port}", CHANNEL) for _ in range(CONNECTIONS)]
    calls = [channel.unary_unary(METHOD) for channel in channels]
    for call in calls:
        call(request, timeout=30, wait_for_ready=True)
    begun = time.perf_counter()
    threads = [
        threading.Thread(target=_ask, args=(call, request, begun + seconds, found, errors))
        for call, found in zip(calls, latencies, strict=True)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    elapsed = time.perf_counter() - begun
    every = 1e3 * np.concatenate(latencies)
    p50, p99 = np.percentile(every, [50, 99]).tolist()
    print(
        json.dumps({"requests": every.size, "seconds": elapsed, "p50": p50, "p99": p99, "errors": len(errors)}),
    )


def _ask(call: Callable[..., bytes], request: bytes, end: float, latencies: list[float], errors: list[str]) -> None:
    now = time.perf_counter()
    while now < end:
        try:
            call(request, timeout=30)
        except grpc.RpcError as error:
            errors.append(str(error))
        after = time.perf_counter()
        latencies.append(after - now)
        now = after


if __name__ == "__main__":
    main(int(sys.argv[1]), float(sys.argv[2]))
