"""What can be closed can stand in a `with`."""

from __future__ import annotations

from typing import Self

__all__ = ["Closing"]


class Closing:
    """Closed at the end of a `with` block."""

    def close(self) -> None:
        """Let go of what is held."""
        raise NotImplementedError

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()
