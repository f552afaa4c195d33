"""What there is to say of a model: the lines of `chatwright check`, as data.

A backend that has something to tell has a method `facts() -> Iterable[Fact]`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, Protocol, runtime_checkable

__all__ = ["Fact", "TellsFacts", "fail", "shortened", "to_json", "warn"]

State = Literal["ok", "warn", "fail"]


@dataclass(frozen=True, slots=True)
class Fact:
    """Something about a model, and whether it is well.

    `value` is for a person, `data` the same for a program where words are not enough; `group` is the heading that the
    line stands under. What is not `ok` has a `hint` where there is something to try.
    """

    group: str
    name: str
    value: str
    state: State = "ok"
    hint: str = ""
    data: Any = None


@runtime_checkable
class TellsFacts(Protocol):
    """A backend that knows something about its model."""

    def facts(self) -> Iterable[Fact]: ...


def warn(group: str, name: str, value: str, hint: str = "") -> Fact:
    """Something that a person should know."""
    return Fact(group, name, value, "warn", hint)


def fail(group: str, name: str, value: str, hint: str = "") -> Fact:
    """Something that makes the model useless."""
    return Fact(group, name, value, "fail", hint)


def to_json(fact: Fact) -> Mapping[str, Any]:
    """The fact as a JSON object, without what it does not have."""
    told = {"group": fact.group, "name": fact.name, "value": fact.value, "state": fact.state}
    return (
        told
        | ({"hint": fact.hint} if fact.hint else {})
        | ({} if fact.data is None else {"data": fact.data})
    )


def shortened(text: str, most: int = 100) -> str:
    """One line of at most `most` characters."""
    line = " ".join(text.split())
    return line if len(line) <= most else line[: most - 2] + " …"
