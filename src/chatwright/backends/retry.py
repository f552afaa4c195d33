"""When to try again, and how long to wait before: decisions on plain data, nothing here waits.

A request is repeated only while nobody has seen any of its answer and the failure says that no answer was being
made: no connection, 429, 500 for an incomplete generation, 502, 503, 504. After a read timeout it never is, for
the server may still be at work and be paid for it.
"""

from __future__ import annotations

import math
import random
import re
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC
from email.utils import parsedate_to_datetime

from chatwright.errors import BackendError, UsageError

__all__ = ["Attempts", "Budget", "Clock", "Retry", "retry_after", "worth_repeating"]

_STATUSES = (429, 502, 503, 504)
_NO_WAY = ("connect", "connect_timeout", "disconnected", "cut_off")


@dataclass(frozen=True, slots=True)
class Retry:
    """How often and how patiently. The wait before try `n` is random, up to `first * 2**n`, at most `longest`.

    A server's own `Retry-After` is heeded as it stands; one beyond `most_asked` seconds ends the tries.
    """

    times: int = 2
    first: float = 0.5
    longest: float = 8.0
    most_asked: float = 60.0
    random: Callable[[], float] = random.random

    def __post_init__(self) -> None:
        if self.times < 0:
            raise UsageError(f"max_retries is {self.times}", "it is 0 or more")


class Budget:
    """Retries that all requests of a client share, so that a server in trouble is not stormed.

    There are `full` of them to begin with, each costs one, and each request brings back a fifth of one.
    """

    def __init__(self, full: float = 20.0, *, back: float = 0.2) -> None:
        self._full, self._left, self._back = full, full, back
        self._lock = threading.Lock()

    def earn(self) -> None:
        with self._lock:
            self._left = min(self._full, self._left + self._back)

    def spend(self) -> bool:
        with self._lock:
            if self._left < 1:
                return False
            self._left -= 1
            return True


class Clock:
    """How long may still be waited: for the next thing `gap` seconds from `restart`, and never past `deadline`."""

    __slots__ = ("_gap", "_until", "deadline", "fresh")

    def __init__(self, gap: float | None, deadline: float | None = None) -> None:
        self._gap = gap
        self.deadline = deadline
        self.fresh = False
        """The request went over a connection that was made for it."""
        self.restart()

    def restart(self, gap: float | None = None) -> None:
        """Something came, so the next thing has the whole gap again (or `gap`, where it is given)."""
        gap = self._gap if gap is None else gap
        until = None if gap is None else time.monotonic() + gap
        ends = [moment for moment in (until, self.deadline) if moment is not None]
        self._until = min(ends) if ends else None

    def left(self) -> float | None:
        """Seconds, 0 if the time is up; None: for ever."""
        return None if self._until is None else max(0.0, self._until - time.monotonic())


class Attempts:
    """The tries of one request. `number` says which one it is."""

    def __init__(
        self, policy: Retry, budget: Budget, *, patience: float | None, deadline: float | None
    ) -> None:
        self._policy, self._budget = policy, budget
        self._patience, self._deadline = patience, deadline
        self.number = 1
        self.seen = False
        """Somebody has seen some of the answer: there is no way back."""
        budget.earn()

    def pause(self, error: BackendError) -> float:
        """How many seconds to wait before the next try; where there is none, the error is raised."""
        error.attempts = self.number
        if self.seen or self.number > self._policy.times or not worth_repeating(error):
            raise error
        wait = self._wait(error.retry_after)
        limits = [limit for limit in (self._patience, self._time_left()) if limit is not None]
        if wait >= min(limits, default=math.inf):
            error.hint = f"{error.hint} (the time given leaves no room to try again)".strip()
            raise error
        if not self._budget.spend():
            error.hint = f"{error.hint} (too many tries failed lately to try again)".strip()
            raise error
        self.number += 1
        return wait

    def _wait(self, asked: float | None) -> float:
        if asked is None:
            most = min(self._policy.longest, self._policy.first * 2 ** (self.number - 1))
            return most * self._policy.random()
        return asked if asked <= self._policy.most_asked else math.inf

    def _time_left(self) -> float | None:
        return None if self._deadline is None else self._deadline - time.monotonic()


def worth_repeating(error: BackendError) -> bool:
    """Does this failure say that no answer was being made?"""
    if error.status is None:
        return error.error_type in _NO_WAY
    incomplete = error.error_type.startswith("incomplete_generation")
    return error.status in _STATUSES or (error.status == 500 and incomplete)


def retry_after(headers: Mapping[str, str], now: float | None = None) -> float | None:
    """The seconds that a server asks to wait, told as a number or as a date; None if it does not, or in no way we know.

    >>> retry_after({"retry-after": "1.5"})
    1.5
    """
    told = headers.get("retry-after", "").strip()
    if re.fullmatch(r"\d{1,9}(\.\d{1,9})?", told):
        return float(told)
    at = _date(told)
    if at is None:
        return None
    # The server's own clock, where it shows it: ours may be wrong.
    here = _date(headers.get("date", "").strip())
    return max(0.0, at - (here if here is not None else time.time() if now is None else now))


def _date(told: str) -> float | None:
    if not 20 <= len(told) <= 40:
        return None
    try:
        moment = parsedate_to_datetime(told)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    except (ValueError, TypeError, OverflowError, OSError):
        return None
