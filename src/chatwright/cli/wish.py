"""What the command line of `ask` says, how the journal keeps it, and how it comes back when a run goes on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, cast

from ..errors import UsageError

if TYPE_CHECKING:
    from ..agent import Limits

__all__ = ["Wish", "asked_for_json"]

_FOR_EVER = 1e9  # seconds; no clock of a system waits for longer


@dataclass(frozen=True, slots=True)
class Wish:
    """What is asked, of what model, with what tools, and within what limits."""

    question: str | None = None
    model: str | None = None
    specs: tuple[str, ...] = ()
    no_tools: bool = False
    docs: Path | None = None
    as_json: bool = False
    run_id: str | None = None
    no_journal: bool = False
    schema: str | None = None
    careful: bool = False
    yes: bool = False
    unknown: Literal["ask", "skip", "fail"] = "ask"
    max_steps: int = 12
    max_seconds: float | None = None
    max_tokens: int | None = None

    def limits(self) -> Limits:
        from ..agent import Limits

        given = {"max_seconds": self.max_seconds, "max_tokens": self.max_tokens}
        more: Any = {name: value for name, value in given.items() if value is not None}
        if self.max_seconds is not None and self.max_seconds > _FOR_EVER:
            more["max_seconds"] = None
        return Limits(max_steps=self.max_steps, early_stopping="generate", **more)

    def note(self) -> dict[str, Any]:
        """What the journal keeps so that the run can go on as it was begun, from any folder."""
        about = {
            "tools": [_tool_from_anywhere(spec) for spec in self.specs],
            "docs": str(self.docs.expanduser().absolute()) if self.docs else None,
            "no_tools": self.no_tools,
            "schema": _from_anywhere(self.schema) if self.schema else None,
            "careful": self.careful,
        }
        kept = {name: value for name, value in about.items() if value}
        return {"from": "ask", "spec": _model_from_anywhere(self.model or "nano"), "with": kept}

    def as_begun(self, note: Mapping[str, Any], *, model_given: bool) -> Wish:
        """The same, and where it is silent what the run was begun with."""
        begun = _with(note)
        own_tools = bool(self.specs or self.docs or self.no_tools)
        spec = str(note.get("spec") or "") or self.model
        named = tuple(map(str, begun.get("tools") or ()))
        docs = begun.get("docs")
        return replace(
            self,
            model=self.model if model_given else spec,
            specs=self.specs if own_tools else named,
            docs=self.docs if own_tools or not docs else Path(str(docs)),
            no_tools=self.no_tools if own_tools else bool(begun.get("no_tools")),
            schema=self.schema or begun.get("schema"),
            careful=self.careful or bool(begun.get("careful")),
        )

    def check_whole(self) -> None:
        """`UsageError` if something holds a secret, which the journal has not kept."""
        for option, texts in (("-m", [self.model or ""]), ("-t", self.specs)):
            if any("[redacted]" in text for text in texts):
                raise UsageError(
                    f"the {option} of this run holds a secret, which was not kept",
                    f"name it once more with {option}",
                )


def _with(note: Mapping[str, Any]) -> dict[str, Any]:
    """What the first row of a run says of the options; nothing where `ask` did not begin it."""
    begun = note.get("with")
    return cast("dict[str, Any]", begun) if isinstance(begun, dict) else {}


def asked_for_json(note: Mapping[str, Any]) -> bool:
    """Was the answer of the run with this first row wanted as JSON?"""
    return bool(_with(note).get("schema"))


def _model_from_anywhere(spec: str) -> str:
    if not spec.startswith("local:"):
        return spec
    return f"local:{_from_anywhere(spec.removeprefix('local:'))}"


def _tool_from_anywhere(spec: str) -> str:
    names_a_file = ".py" in spec and not spec.lower().startswith("mcp:")
    return _from_anywhere(spec) if names_a_file else spec


def _from_anywhere(spec: str) -> str:
    """The same for another folder: a file by its whole path. It may have `:name` behind it."""
    file, behind = spec, ""
    if not Path(spec).expanduser().is_file():
        file, colon, name = spec.rpartition(":")
        behind = colon + name
    path = Path(file).expanduser()
    return f"{path.absolute()}{behind}" if file and path.is_file() else spec
