"""What is measured, kept for Prometheus: one registry for each application, and its text at each scrape.

Label values are ids and words of tables; nothing about a person is ever a label.
"""

from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import Final, TypeAlias, TypeVar

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.metrics_core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"

# From a commit to a night: the path is fast, what waits for a person or a dead broker is not.
BUCKETS_S: Final = (
    *(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5),
    *(1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 300.0, 1800.0, 7200.0, 43200.0),
)

N = TypeVar("N", bound=str)
C = TypeVar("C", bound=str)
Reading: TypeAlias = tuple[str, Mapping[str, str], float]
"""One gauge as it stands: its name, its labels, its value."""


class Metrics:
    """Histograms and counters by the names of two tables, and gauges that are read at the scrape.

    `timings` and `counters` give the label names of each; a measurement gives its values in that order.
    """

    def __init__(
        self,
        prefix: str,
        timings: Mapping[N, tuple[str, ...]],
        counters: Mapping[C, tuple[str, ...]],
    ) -> None:
        self._prefix = prefix
        self._registry = CollectorRegistry(auto_describe=False)
        self._timings = {
            str(name): Histogram(
                f"{prefix}_{name}_seconds",
                f"Seconds, {_in_words(name)}",
                labels,
                registry=self._registry,
                buckets=BUCKETS_S,
            )
            for name, labels in timings.items()
        }
        self._counters = {
            str(name): Counter(
                f"{prefix}_{name}", f"Number of {_in_words(name)}", labels, registry=self._registry
            )
            for name, labels in counters.items()
        }
        # The library looks for a child under a lock each time.
        self._timing = cache(self._labelled_timing)
        self._counter = cache(self._labelled_counter)

    def timed(self, stage: str, seconds: float, *labels: str) -> None:
        self._timing(stage, *labels).observe(seconds)

    def counted(self, happening: str, *labels: str) -> None:
        self._counter(happening, *labels).inc()

    def _labelled_timing(self, stage: str, *labels: str) -> Histogram:
        timing = self._timings[str(stage)]
        return timing.labels(*labels) if labels else timing

    def _labelled_counter(self, happening: str, *labels: str) -> Counter:
        counter = self._counters[str(happening)]
        return counter.labels(*labels) if labels else counter

    def text(self, readings: Iterable[Reading] = ()) -> bytes:
        """All that was measured, and these gauges, in Prometheus' text format."""
        gauges = CollectorRegistry(auto_describe=False)
        gauges.register(_Gauges(self._prefix, readings))
        return generate_latest(self._registry) + generate_latest(gauges)


class _Gauges(Collector):
    def __init__(self, prefix: str, readings: Iterable[Reading]) -> None:
        self._families: dict[str, GaugeMetricFamily] = {}
        for name, labels, value in readings:
            family = self._families.get(name)
            if family is None:
                names = list(labels)
                family = GaugeMetricFamily(f"{prefix}_{name}", _in_words(name).capitalize(), labels=names)
                self._families[name] = family
            family.add_metric(list(labels.values()), value)

    def collect(self) -> Iterator[Metric]:
        yield from self._families.values()


def _in_words(name: str) -> str:
    return str(name).replace("_", " ")
