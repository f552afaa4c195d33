"""What a JSON value that a model wrote asks for: tool calls, an answer, or something that cannot be run."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, cast

from ..errors import ConstraintError
from ..schema import coerce, validate
from ._json_repair import NotJson, read
from ._toolbox import Toolbox, plain

__all__ = ["Reading", "for_tool", "looks_intended", "read_call_text", "read_calls"]

_MAX_CALLS = 16
_NAME_KEYS = ("action", "tool", "toolname", "actionname", "function", "functionname", "name")
_INPUT_KEYS = (
    *("actioninput", "toolinput", "arguments", "parameters", "args", "input", "params"),
    *("actionargs", "toolargs", "toolarguments", "functionarguments", "actionarguments", "kwargs"),
)
_WRAPPERS = ("toolcall", "functioncall", "function", "action", "tool", "toolcalls", "actions")
_ASIDE = ("thought", "thoughts", "reasoning", "id", "type", "callid", "toolcallid")
_FINAL = ("finalanswer", "finish", "final")
_INTENDED = re.compile(
    r"[\[\s]*\{\s*[\"'“]?(action|tool|tool_name|tool_call|function_call)[\"'”]?\s*[:=]",
    re.IGNORECASE,
)
_CALL_TEXT = re.compile(
    r"\s*[`*]*([A-Za-z_][\w \-]{0,63}?)[`*]*\s*([\[(])(.*)([\])])[`\s;.*]*", re.DOTALL
)


@dataclass(frozen=True, slots=True)
class Reading:
    """What was asked for: calls as name and arguments, or an answer, or a problem to tell the model."""

    calls: tuple[tuple[str, dict[str, Any]], ...] = ()
    answer: str | None = None
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class _Wanted:
    name: str
    given: Any


def read_calls(
    value: Any, tools: Toolbox, *, asked: bool, key: str = "action_input"
) -> Reading | None:
    """What a value asks for, None if it is no call at all.

    `asked`: it stands where a call must stand, so that a call is also seen in what could be other data. `key` is
    what the model was told to call the arguments.
    """
    wanted = _wanted_of_all(value, tools, asked)
    if not wanted:
        return None
    if len(wanted) > _MAX_CALLS:
        return Reading(problem=f"Ask for at most {_MAX_CALLS} tools at once.")
    calls: list[tuple[str, dict[str, Any]]] = []
    for want in wanted:
        if plain(want.name) in _FINAL and tools.find(want.name) is None:
            if calls:
                break  # it was written without seeing what the calls give
            return Reading(answer=_answer(want.given))
        found = for_tool(want.name, want.given, tools, key=key)
        if found.problem:
            return found
        calls += found.calls
    return Reading(calls=tuple(calls))


def for_tool(said: str, given: Any, tools: Toolbox, *, key: str = "action_input") -> Reading:
    """The call of the tool that `said` names, with whatever was given as its arguments."""
    name = tools.find(said)
    if name is None:
        unknown = _parsed(given) if isinstance(given, str) else given
        if not isinstance(unknown, Mapping):
            unknown = {} if given is None else {"input": given}
        return Reading(calls=((said.strip(), dict(cast("Mapping[str, Any]", unknown))),))
    choices = list(_choices(name, given, tools))
    args = next((c for c in choices if _fits(c, name, tools)), choices[0] if choices else None)
    single = not isinstance(given, (str, Mapping)) and given is not None
    if args is None or (single and not _fits(args, name, tools)):
        takes = tools.takes(name)
        told = f"an object with {takes}" if takes else "an empty object"
        return Reading(problem=f'"{name}" needs {told} as "{key}", not {_short(given)}.')
    return Reading(calls=((name, args),))


def read_call_text(line: str, tools: Toolbox) -> Reading | None:
    """A call written like code, `Search[cats]` or `Search("cats")` or `Search(query="cats")`."""
    found = _CALL_TEXT.fullmatch(line)
    if found is None or found[2] + found[4] not in ("[]", "()"):
        return None
    said, inner = found[1], found[3].strip()
    name = tools.find(said)
    if name is None and (plain(said) not in _FINAL) and " " in said:
        return None
    if plain(said) in _FINAL and name is None:
        return Reading(answer=_unquoted(inner))
    known: Mapping[str, Any] = tools.properties(name) if name else {}
    named = re.match(r"[\"']?(\w+)[\"']?\s*[:=](?!=)", inner)
    given: Any = _parsed("{" + inner + "}") if named and named[1] in known else None
    if given is None and inner.startswith(("'", '"')) and found[2] == "(":
        given = _positional(inner, list(known))
    if given is None:
        given = (_parsed(inner) or inner) if inner.startswith("{") else _unquoted(inner)
    return for_tool(said, given or None, tools)


def _positional(inner: str, names: list[str]) -> Any:
    """Values without names: the only one, or each for the argument in its place."""
    try:
        values = cast("list[Any]", read(f"[{inner}]"))
    except NotJson:
        return None
    if len(values) == 1:
        return values[0]
    return dict(zip(names, values, strict=False)) if 0 < len(values) <= len(names) else None


def looks_intended(text: str) -> bool:
    """Whether text that is no JSON was meant to be a call."""
    head = text[:2000]
    return bool(_INTENDED.match(head)) or bool(re.search(r"[\"']?action_?input[\"']?\s*:", head))


def _wanted_of_all(value: Any, tools: Toolbox, asked: bool) -> list[_Wanted]:
    items = cast("list[Any]", value) if isinstance(value, list) else [value]
    found: list[_Wanted] = []
    for item in items:
        wanted = (
            _wanted(cast("Mapping[str, Any]", item), tools, asked)
            if isinstance(item, Mapping)
            else []
        )
        if not wanted:
            return []
        found += wanted
    return found


def _wanted(item: Mapping[str, Any], tools: Toolbox, asked: bool) -> list[_Wanted]:
    keys = {plain(k): k for k in item}
    for wrapper in _WRAPPERS:
        inner = item[keys[wrapper]] if wrapper in keys else None
        if isinstance(inner, (Mapping, list)) and inner:
            return _wanted_of_all(inner, tools, True)
    if "finalanswer" in keys:
        return [_Wanted("final answer", item[keys["finalanswer"]])]
    name_key = next((k for k in _NAME_KEYS if k in keys and isinstance(item[keys[k]], str)), None)
    if name_key is None:
        return _named_by_key(item, tools) if asked else []
    said = str(item[keys[name_key]])
    input_key = next((k for k in _INPUT_KEYS if k in keys), None)
    known = tools.find(said) is not None or plain(said) in _FINAL
    if not said.strip() or not (asked or _is_call(name_key, input_key, known)):
        return []
    if input_key is not None:
        return [_Wanted(said, item[keys[input_key]])]
    return [_Wanted(said, _beside(item, said, name_key, tools))]


def _is_call(name_key: str, input_key: str | None, known: bool) -> bool:
    """Whether keys that nothing announced are a call and not other data."""
    if name_key == "name":
        return input_key in ("arguments", "parameters") or (known and input_key is not None)
    return known or input_key is not None


def _named_by_key(item: Mapping[str, Any], tools: Toolbox) -> list[_Wanted]:
    """`{"Search": {"query": "cats"}}`"""
    if len(item) != 1:
        return []
    key, given = next(iter(item.items()))
    return [_Wanted(key, given)] if tools.find(key) is not None else []


def _beside(item: Mapping[str, Any], said: str, name_key: str, tools: Toolbox) -> Any:
    """Arguments that stand beside the name, without a key of their own around them."""
    name = tools.find(said)
    rest = {k: v for k, v in item.items() if plain(k) != name_key and plain(k) not in _ASIDE}
    known: Mapping[str, Any] = tools.properties(name) if name else {}
    return rest if rest and all(k in known for k in rest) else None


def _choices(name: str, given: Any, tools: Toolbox) -> Iterator[dict[str, Any]]:
    """What the arguments may be, the likeliest first."""
    only = tools.only_argument(name)
    if given is None:
        yield {}
    elif isinstance(given, Mapping):
        yield dict(cast("Mapping[str, Any]", given))
        if only:
            yield {only: given}
    else:
        parsed = _parsed(given) if isinstance(given, str) else None
        if isinstance(parsed, Mapping) and _fits(parsed, name, tools):
            yield dict(cast("Mapping[str, Any]", parsed))
        if only:
            yield {only: given}
        elif isinstance(parsed, Mapping):
            yield dict(cast("Mapping[str, Any]", parsed))
        elif tools.takes_anything(name):
            yield {"input": given}
        elif given in ("", "None", "none", "null") and not tools.properties(name):
            yield {}
        if isinstance(given, list) and len(cast("list[Any]", given)) == 1:
            yield from _choices(name, given[0], tools)
        elif isinstance(given, list) and not given:
            yield {}


def _fits(args: Any, name: str, tools: Toolbox) -> bool:
    schema = tools.parameters(name)
    try:
        return schema is None or validate(coerce(args, schema), schema) is None
    except ConstraintError:
        return True  # a schema that cannot be checked; whoever runs the tool says so


def _parsed(text: str) -> Any:
    """The object that a string holds, or None."""
    if not text.lstrip().startswith("{"):
        return None
    try:
        value = read(text.strip())
    except NotJson:
        return None
    return cast("dict[str, Any]", value) if isinstance(value, dict) else None


def _answer(given: Any) -> str:
    if isinstance(given, Mapping) and len(cast("Mapping[str, Any]", given)) == 1:
        given = next(iter(cast("Mapping[str, Any]", given).values()))
    if given is None:
        return ""
    return given.strip() if isinstance(given, str) else json.dumps(given, ensure_ascii=False)


def _unquoted(text: str) -> str:
    if len(text) > 1 and text[0] == text[-1] and text[0] in "\"'`":
        return text[1:-1]
    return text


def _short(given: Any) -> str:
    text = json.dumps(given, ensure_ascii=False, default=str)
    return text if len(text) <= 60 else f"{text[:57]}..."
