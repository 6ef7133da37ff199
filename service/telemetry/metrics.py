"""The service's counters in Prometheus' format, in a registry of their own."""

from collections.abc import Callable, Iterable, Mapping

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    generate_latest,
    multiprocess,
)
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

PROTOCOLS = ("rest", "grpc")
CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
REQUEST_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 60.0)
BATCH_ROWS = (1, 2, 4, 8, 16, 32, 64, 128, 256, 1024, 4096, 65536)


class Metrics:
    """Counts requests of both protocols and the rows that were predicted."""

    def __init__(self, jobs_by_state: Callable[[], Mapping[str, int]], shared: str | None = None) -> None:
        """Make every series; `jobs_by_state` is asked whenever the metrics are read.

        `shared` is the directory of workers that count together, the same that their client library was loaded with.
        """
        self._registry = CollectorRegistry()
        self._shared = shared
        self._series: dict[tuple[str, str, str, str], tuple[Counter, Histogram]] = {}
        self._asked: dict[tuple[str, int], tuple[Counter, Histogram]] = {}
        self._batches: dict[tuple[str, int], tuple[Histogram, Histogram]] = {}
        self._requests = Counter(
            "wavetap_requests",
            "Finished requests.",
            ("protocol", "method", "route", "status"),
            registry=self._registry,
        )
        self._seconds = Histogram(
            "wavetap_request_duration_seconds",
            "From the first byte of a request to the last of its answer.",
            ("protocol", "method", "route"),
            buckets=REQUEST_SECONDS,
            registry=self._registry,
        )
        self.in_flight = dict.fromkeys(PROTOCOLS, 0)
        """Requests that are being answered, by protocol: for the gates, which stand on one event loop, to count."""
        self._in_flight = Gauge(
            "wavetap_requests_in_flight",
            "Requests that are being answered.",
            ("protocol",),
            multiprocess_mode="livesum",
            registry=self._registry,
        )
        self._rows = Counter(
            "wavetap_inference_rows", "Cases that were predicted.", ("model", "version"), registry=self._registry
        )
        self._queue_seconds = Histogram(
            "wavetap_inference_queue_seconds",
            "How long a request waited for its batch to be computed.",
            ("model", "version"),
            buckets=REQUEST_SECONDS,
            registry=self._registry,
        )
        self._compute_seconds = Histogram(
            "wavetap_inference_compute_seconds",
            "How long the network took for a batch.",
            ("model", "version"),
            buckets=REQUEST_SECONDS,
            registry=self._registry,
        )
        self._batch_rows = Histogram(
            "wavetap_inference_batch_rows",
            "How many cases were computed together.",
            ("model", "version"),
            buckets=BATCH_ROWS,
            registry=self._registry,
        )
        self._jobs = _JobsByState(jobs_by_state)
        self._registry.register(self._jobs)
        ProcessCollector(registry=self._registry)

    def request(self, protocol: str, method: str, route: str, status: str, seconds: float) -> None:
        """Count a finished request; `route` is a pattern, never a path, so that the series stay few."""
        key = protocol, method, route, status
        series = self._series.get(key)
        if series is None:
            series = self._series[key] = self._requests.labels(*key), self._seconds.labels(protocol, method, route)
        series[0].inc()
        series[1].observe(seconds)

    def inference(self, model: str, version: int, rows: int, queue_seconds: float) -> None:
        """Count the rows of one answer, and the time that its request waited."""
        series = self._asked.get((model, version))
        if series is None:
            labels = model, str(version)
            series = self._rows.labels(*labels), self._queue_seconds.labels(*labels)
            self._asked[model, version] = series
        series[0].inc(rows)
        series[1].observe(queue_seconds)

    def batch(self, model: str, version: int, rows: int, seconds: float) -> None:
        """Count one computation."""
        series = self._batches.get((model, version))
        if series is None:
            labels = model, str(version)
            series = self._batches[model, version] = (
                self._compute_seconds.labels(*labels),
                self._batch_rows.labels(*labels),
            )
        series[0].observe(seconds)
        series[1].observe(rows)

    def tell(self) -> int:
        """Let the other processes know how many requests are being answered; a chore, of which nothing is to be said.

        The gauge is set now and then: to move it up and down with each request takes 2 µs.
        """
        for protocol, count in self.in_flight.items():
            self._in_flight.labels(protocol).set(count)
        return 0

    def text(self) -> bytes:
        """Everything, in the text format."""
        self.tell()
        if self._shared is None:
            return generate_latest(self._registry)
        together = CollectorRegistry()
        multiprocess.MultiProcessCollector(together, self._shared)  # type: ignore[no-untyped-call]  # it has no types
        together.register(self._jobs)
        return generate_latest(together)


class _JobsByState(Collector):
    """Asks for the jobs when it is read, so that it can never drift from the rows."""

    def __init__(self, count: Callable[[], Mapping[str, int]]) -> None:
        self._count = count

    def describe(self) -> Iterable[Metric]:
        """Name the series without asking for them."""
        return [GaugeMetricFamily("wavetap_training_jobs", "Training jobs by state.", labels=["state"])]

    def collect(self) -> Iterable[Metric]:
        """Ask now."""
        family = GaugeMetricFamily("wavetap_training_jobs", "Training jobs by state.", labels=["state"])
        for state, jobs in self._count().items():
            family.add_metric([state], jobs)
        return [family]
