"""What a call asks for, put together from fields, `model_kwargs` and the call itself, in the walk's own words.

Whatever the name is that somebody knows a parameter by, it ends in one place: in a field of `Options`, or in
`extra`, which a server is sent as it stands and which the local engine refuses by name. Nothing is dropped.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import fields
from numbers import Real
from typing import Any, cast

from chatwright.backends.loose import mapping
from chatwright.errors import UsageError
from chatwright.model import Options
from chatwright.request import Constraint, Grammar, JsonSchema, Regex, Sampling

__all__ = ["ALIASES", "GENERATION", "joined_stops", "merged", "options_of", "stops_of"]

ALIASES: Mapping[str, str] = {
    "max_tokens": "max_new_tokens",
    "max_completion_tokens": "max_new_tokens",
    "stop": "stop_sequences",
    "echo": "return_full_text",
    "stream": "streaming",
    "chat_template_kwargs": "template_kwargs",
}
"""Other names of a parameter, and ours."""

_SAMPLING = tuple(field.name for field in fields(Sampling))
_WHOLE = ("top_k", "seed", "max_new_tokens", "logprobs")
_CHOOSES = ("temperature", "top_k", "top_p", "typical_p", "min_p")
_OF_TGI = ("do_sample", "truncate", "watermark")
_HERE = ("return_full_text", "streaming")  # done on this side, and never sent

GENERATION = frozenset({
    *_SAMPLING, *_OF_TGI, *_HERE, "seed", "max_new_tokens", "stop_sequences", "grammar", "constraint",
    "logprobs", "timeout", "template_kwargs", "extra_body",
})  # fmt: skip
"""The parameters that have a meaning here; every other one is the server's."""

Values = Mapping[str, Any]


def merged(*levels: Values) -> dict[str, Any]:
    """All parameters by our names for them; what stands in a later level comes before the same in an earlier one.

    >>> merged({"max_new_tokens": 512, "temperature": 0.8}, {"max_tokens": 5}, {"temperature": 0})
    {'max_new_tokens': 5, 'temperature': 0}
    """
    found: dict[str, Any] = {}
    for level in levels:
        seen: dict[str, Any] = {}
        for name, value in level.items():
            ours = ALIASES.get(name, name)
            if ours in seen and value != seen[ours]:
                raise UsageError(f"{name} is given under two names, with two values")
            seen[ours] = value
        found |= seen
    return found


def options_of(values: Values, asked: Collection[str], *, tgi: bool) -> Options:
    """The options for one call. `asked` are the names that somebody gave: the others are only our defaults.

    A default that only TGI knows is meant for TGI alone. `do_sample=False`, asked for with none of the parameters
    that sample, is greedy; beside one of them it changes nothing, as with TGI itself.
    """
    options: Options = {"sampling": _sampling(values, asked, tgi=tgi)}
    if (limit := values.get("max_new_tokens")) is not None:
        options["max_tokens"] = _number("max_new_tokens", limit)
    if (seed := values.get("seed")) is not None:
        options["seed"] = _number("seed", seed)
    if stop := stops_of(values.get("stop_sequences")):
        options["stop"] = stop
    if constraint := _constraint(values):
        options["constraint"] = constraint
    if (logprobs := values.get("logprobs")) not in (None, False):
        options["logprobs"] = 0 if logprobs is True else _number("logprobs", logprobs)
    if (seconds := values.get("timeout")) is not None:
        options["deadline"] = time.monotonic() + _number("timeout", seconds)
    if variables := values.get("template_kwargs"):
        options["template_kwargs"] = dict(variables)
    if extra := _extra(values, asked, tgi=tgi):
        options["extra"] = extra
    return options


def stops_of(given: object) -> list[str]:
    """A stop string, several or none, each once and in their order."""
    if given is None:
        return []
    several = [given] if isinstance(given, str) else list(cast("Iterable[object]", given))
    found = [stop for stop in several if isinstance(stop, str)]
    if len(found) != len(several):
        raise UsageError("a stop is no string", "give stop=['...', '...']")
    return list(dict.fromkeys(found))


def _sampling(values: Values, asked: Collection[str], *, tgi: bool) -> Sampling:
    known = {name: values.get(name) for name in _SAMPLING}
    told: dict[str, Any] = {n: _number(n, v) for n, v in known.items() if v is not None}
    if not tgi and "typical_p" not in asked:
        told.pop("typical_p", None)
    if _greedy(values, asked):
        told = {n: v for n, v in told.items() if n not in _CHOOSES} | {"temperature": 0.0}
    return Sampling(**told)


def _greedy(values: Values, asked: Collection[str]) -> bool:
    chosen = any(name in asked and values.get(name) is not None for name in _CHOOSES)
    return "do_sample" in asked and values.get("do_sample") is False and not chosen


def _extra(values: Values, asked: Collection[str], *, tgi: bool) -> dict[str, Any]:
    """The parameters of the server's own; None is the same as not given."""
    extra = {name: value for name, value in values.items() if name not in GENERATION}
    if values.get("truncate") is not None:
        extra["truncate"] = values["truncate"]
    if values.get("watermark") or ("watermark" in asked and tgi):
        extra["watermark"] = values["watermark"]
    if values.get("do_sample") and tgi:
        extra["do_sample"] = True  # every other server samples unless it is told not to
    extra |= cast("Mapping[str, Any]", values.get("extra_body") or {})
    return {name: value for name, value in extra.items() if value is not None}


def _number(name: str, value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, Real):
        raise UsageError(f"{name} is {str(value)[:60]!r}", "it is a number")
    if name not in _WHOLE:
        return float(value)
    if not isinstance(value, int) and not float(value).is_integer():
        raise UsageError(f"{name} is {value}", "it is a whole number")
    return value if isinstance(value, int) else int(float(value))


def _constraint(values: Values) -> Constraint | None:
    given = values.get("constraint")
    if given is None:
        return _grammar(values.get("grammar"))
    if not isinstance(given, JsonSchema | Regex | Grammar):
        raise UsageError("constraint is none", "give a JsonSchema, a Regex or a Grammar")
    return given


def _grammar(given: object) -> Constraint | None:
    """TGI's `{"type": ..., "value": ...}`, or a grammar in llama.cpp's own words (GBNF)."""
    if given is None or isinstance(given, JsonSchema | Regex | Grammar):
        return given
    if isinstance(given, str):
        return Grammar(given)
    told = mapping(given)
    value: Any = told.get("value")
    match told.get("type"):
        case "json" | "json_object":
            return JsonSchema(_schema(value))
        case "json_schema":
            return JsonSchema(_schema(mapping(value).get("schema", value)))
        case "regex" if isinstance(value, str):
            return Regex(value)
        case _:
            hint = "give {'type': 'json' or 'regex', 'value': ...}, or GBNF as a text"
            raise UsageError("this is no grammar", hint)


def _schema(value: Any) -> Mapping[str, Any]:
    import json

    if isinstance(value, str):
        try:
            value = json.loads(value)
        except ValueError:
            value = None
    if not isinstance(value, Mapping):
        raise UsageError("the grammar's value is no JSON schema", "give the schema as an object")
    return cast("Mapping[str, Any]", value)


def joined_stops(fields: object, call: Sequence[str] | None) -> list[str]:
    """The stop strings of an LLM and those of a call: both end the answer."""
    return stops_of([*stops_of(fields), *stops_of(call)])
