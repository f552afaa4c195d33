"""Who may come in: as many answers at once as the limit says, and a word to the others when to come again."""

from __future__ import annotations

import math
import time
from types import TracebackType
from typing import Self

from .metrics import Metrics
from .refusal import Refusal

__all__ = ["Gate", "Place"]

_LONGEST = 30  # seconds that a client is told to stay away at most


class Gate:
    """Counts the answers that wait or run. Nothing here waits itself: the engine has a line of its own."""

    def __init__(self, limit: int, metrics: Metrics) -> None:
        self._limit = limit
        self._inside = 0
        self.metrics = metrics

    def enter(self) -> Place:
        """A place, to be used in a `with`; 429 if there is none."""
        if self._inside >= self._limit:
            wait = min(_LONGEST, max(1, math.ceil(self.metrics.mean_seconds)))
            raise Refusal(
                429, "Model is overloaded", "overloaded", headers={"retry-after": str(wait)}
            )
        return Place(self)

    def come(self) -> None:
        self._inside += 1
        self.metrics.waiting += 1

    def leave(self, begun: bool) -> None:
        self._inside -= 1
        if begun:
            self.metrics.running -= 1
        else:
            self.metrics.waiting -= 1

    @property
    def inside(self) -> int:
        return self._inside


class Place:
    """One answer's time inside, and what is told of it afterwards."""

    def __init__(self, gate: Gate) -> None:
        self._gate = gate
        self.start = time.perf_counter()
        self.first: float | None = None
        self.end = self.start

    def __enter__(self) -> Self:
        self._gate.come()
        return self

    def begin(self) -> None:
        """The first piece has come."""
        if self.first is None:
            self.first = time.perf_counter()
            self._gate.metrics.waiting -= 1
            self._gate.metrics.running += 1

    def done(self, prompt: int, generated: int, asked: int | None) -> None:
        """The answer is whole."""
        self.end = time.perf_counter()
        metrics, first = self._gate.metrics, self.first or self.end
        metrics.success += 1
        metrics.see("tgi_request_duration", self.end - self.start)
        metrics.see("tgi_request_queue_duration", first - self.start)
        metrics.see("tgi_request_inference_duration", self.end - first)
        metrics.see("tgi_request_input_length", prompt)
        metrics.see("tgi_request_generated_tokens", generated)
        if asked is not None:
            metrics.see("tgi_request_max_new_tokens", asked)
        if generated:
            metrics.see("tgi_request_mean_time_per_token_duration", self.per_token(generated))

    def per_token(self, generated: int) -> float:
        return (self.end - self.start) / max(1, generated)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._gate.leave(self.first is not None)
