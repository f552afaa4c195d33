"""What the server takes at most, and how long it waits."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Limits"]


@dataclass(frozen=True, slots=True)
class Limits:
    """The names are those of TGI's `/info` where it has one; times are in seconds."""

    max_concurrent_requests: int = 512
    """Running and waiting together; one more is answered 429."""

    max_best_of: int = 1
    max_stop_sequences: int = 4
    max_top_n_tokens: int = 5
    max_client_batch_size: int = 4

    max_total_tokens: int = 2**31 - 1
    """The prompt and its answer; the model's context where it is known."""

    payload_limit: int = 2_000_000
    """Bytes of a request's body."""

    body_seconds: float = 30.0
    """For the whole of a request to arrive, its head and its body each."""

    head_start: float = 5.0
    """How long a stream waits for its first piece, so that an error can still have a status of its own."""

    keep_alive: float = 15.0
    """Between two comments on a stream that is silent."""

    write_seconds: float = 60.0
    """For a client to read on."""

    request_seconds: float = 3600.0
    """For a whole answer."""

    @property
    def max_input_tokens(self) -> int:
        return self.max_total_tokens - 1
