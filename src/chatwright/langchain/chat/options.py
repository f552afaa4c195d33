"""What a call asks for: names that LangChain's users write, as the walk's `Options`.

The call goes before the constructor, and that before the LLM. `None` is "not given", 0 is 0. A name that nobody here
knows is a parameter of the server: it is sent as it is, and a backend that cannot send any says so.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

from chatwright.errors import UsageError
from chatwright.langchain.params import merged, options_of
from chatwright.model import Options
from chatwright.request import Constraint, JsonSchema, Regex, ToolChoice

__all__ = ["constraint_of", "options_for", "without_empty"]

_HERE = frozenset([
    "stream", "stream_usage", "stream_options", "strict", "tools", "tool_choice", "parallel_tool_calls",
    "response_format", "reask", "top_logprobs",
])  # fmt: skip
"""Words that are read before the parameters of the generation, or say something to this side of the wire alone."""


def without_empty(given: Mapping[str, Any]) -> dict[str, Any]:
    """What was given: everything that is not None."""
    return {name: value for name, value in given.items() if value is not None}


def options_for(
    llm: Any,
    stop: Sequence[str] | None,
    given: Mapping[str, Any],
    *,
    choice: ToolChoice | None,
) -> Options:
    """The options of one call: what was given over what the LLM says; `given` holds no None."""
    asked = {name: value for name, value in given.items() if name not in _HERE}
    if (logprobs := _logprobs(given)) is not None:
        asked["logprobs"] = logprobs
    if call_options := getattr(llm, "call_options", None):
        options: Options = call_options(list(stop) if stop else None, asked)
    else:
        named = merged(asked, {"stop": list(stop)} if stop else {})
        options = options_of(named, named.keys(), tgi=False)
    if choice is not None:
        options["tool_choice"] = choice
    if (parallel := given.get("parallel_tool_calls")) is not None:
        options["parallel_tool_calls"] = bool(parallel)
    return options


def constraint_of(given: Any) -> Constraint | None:
    """What an answer is held to, from OpenAI's `response_format` (TGI's is read too); None for free text."""
    if not isinstance(given, Mapping):
        raise UsageError(
            f"response_format is {str(given)[:80]!r}", "give {'type': 'json_schema', ...}"
        )
    told = cast("Mapping[str, Any]", given)
    inner = cast("Mapping[str, Any]", told.get("json_schema") or told)
    value = inner.get("schema", told.get("value"))
    match told.get("type"):
        case "text":
            return None
        case "regex" if isinstance(value, str):
            return Regex(value)
        case "json_object" | "json" | "json_schema" if isinstance(value, Mapping):
            return JsonSchema(cast("Mapping[str, Any]", value))
        case "json_object" | "json":
            return JsonSchema({"type": "object"})
        case kind:
            raise UsageError(
                f"there is no response_format of the type {str(kind)[:60]!r}",
                "give 'json_schema' with a schema, 'json_object', 'regex' with a value, or 'text'",
            )


def _logprobs(given: Mapping[str, Any]) -> int | None:
    """`logprobs=True, top_logprobs=3` and `logprobs=3` say the same; `logprobs=False` says nothing."""
    asked, top = given.get("logprobs"), given.get("top_logprobs")
    if asked is False or (asked is None and top is None):
        return None
    return top if top is not None else 0 if asked is True or asked is None else asked
