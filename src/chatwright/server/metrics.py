"""Counters and histograms in the text format of Prometheus, under TGI's names."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence

__all__ = ["Histogram", "Metrics"]

_SECONDS = tuple(0.001 * 2**n for n in range(18))
_TOKENS = tuple(float(2**n) for n in range(1, 18))


class Histogram:
    """How often a value was at most so much."""

    def __init__(self, bounds: Sequence[float]) -> None:
        self._bounds = tuple(bounds)
        self._counts = [0] * (len(self._bounds) + 1)
        self.sum = 0.0
        self.count = 0

    def see(self, value: float) -> None:
        self._counts[bisect_left(self._bounds, value)] += 1
        self.sum += value
        self.count += 1

    def lines(self, name: str) -> Iterator[str]:
        yield f"# TYPE {name} histogram"
        total = 0
        for bound, count in zip((*self._bounds, float("inf")), self._counts, strict=True):
            total += count
            shown = "+Inf" if bound == float("inf") else f"{bound:g}"
            yield f'{name}_bucket{{le="{shown}"}} {total}'
        yield f"{name}_sum {self.sum:g}"
        yield f"{name}_count {self.count}"


class Metrics:
    """What the server has done so far; all of it on the event loop's thread."""

    def __init__(self) -> None:
        self.requests = 0
        self.success = 0
        self.failures: Counter[str] = Counter()
        self.responses: Counter[tuple[str, int]] = Counter()
        self.waiting = 0
        self.running = 0
        self.histograms = {
            "tgi_request_duration": Histogram(_SECONDS),
            "tgi_request_queue_duration": Histogram(_SECONDS),
            "tgi_request_inference_duration": Histogram(_SECONDS),
            "tgi_request_mean_time_per_token_duration": Histogram(_SECONDS),
            "tgi_request_input_length": Histogram(_TOKENS),
            "tgi_request_generated_tokens": Histogram(_TOKENS),
            "tgi_request_max_new_tokens": Histogram(_TOKENS),
        }

    def see(self, name: str, value: float) -> None:
        self.histograms[name].see(value)

    def failed(self, kind: str) -> None:
        """An answer that was refused, or that ended in an error."""
        self.failures[kind] += 1

    @property
    def mean_seconds(self) -> float:
        """How long an answer takes, on average."""
        seen = self.histograms["tgi_request_duration"]
        return seen.sum / seen.count if seen.count else 1.0

    def text(self) -> str:
        """The page that Prometheus reads."""
        return "\n".join([*self._lines(), ""])

    def _lines(self) -> Iterator[str]:
        for name, value in (
            ("tgi_request_count", self.requests),
            ("tgi_request_success", self.success),
        ):
            yield f"# TYPE {name} counter"
            yield f"{name} {value}"
        yield "# TYPE tgi_request_failure counter"
        for kind, count in sorted(self.failures.items()):
            yield f'tgi_request_failure{{err="{kind}"}} {count}'
        yield "# TYPE tgi_queue_size gauge"
        yield f"tgi_queue_size {self.waiting}"
        yield "# TYPE tgi_batch_current_size gauge"
        yield f"tgi_batch_current_size {self.running}"
        yield "# TYPE chatwright_http_responses_total counter"
        for (route, status), count in sorted(self.responses.items()):
            yield f'chatwright_http_responses_total{{route="{route}",status="{status}"}} {count}'
        for name, histogram in self.histograms.items():
            yield from histogram.lines(name)
