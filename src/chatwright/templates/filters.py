"""The filters of a chat template, so that their results still know who wrote what.

Four kinds: those that only pass values on; those that work on text through its own methods; those
written here; and all others, whose result counts as the caller's as soon as a caller's text went in.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, NamedTuple, cast

from jinja2 import filters as builtin
from jinja2 import pass_eval_context
from jinja2.nodes import EvalContext
from markupsafe import Markup

from .filter_limits import check_filter
from .limits import MAX_ITEMS, check_method, current, measure, weigh
from .provenance import (
    SafeText,
    Traced,
    caller,
    distrust,
    holds_caller,
    join,
    marks_of,
    percent,
    recased,
)

__all__ = ["filters", "show"]

Filter = Callable[..., Any]

_BUILTIN: dict[str, Filter] = cast("Any", builtin.FILTERS)

_PASS_ON = frozenset(
    [
        "abs",
        "attr",
        "batch",
        "count",
        "d",
        "default",
        "dictsort",
        "first",
        "float",
        "groupby",
        "int",
        "items",
        "last",
        "length",
        "list",
        "map",
        "max",
        "min",
        "random",
        "reject",
        "rejectattr",
        "reverse",
        "round",
        "select",
        "selectattr",
        "slice",
        "sort",
        "sum",
        "unique",
        "wordcount",
    ]
)
_WHOLE = frozenset({"max", "min", "sort", "sum", "unique", "groupby"})  # looked at before they run
_ON_TEXT = frozenset({"capitalize", "lower", "trim", "upper"})


def filters() -> dict[str, Filter]:
    """All filters, by name, each with its limits."""
    return {
        name: _limited(name, _OWN[name] if name in _OWN else _followed(name, function))
        for name, function in _BUILTIN.items()
    }


def show(value: Any) -> str:
    """The value as a template prints it. A list or an object that is printed counts as the caller's."""
    if type(value) is Traced:
        return value
    if isinstance(value, str):
        return str(value)
    if value is None or isinstance(value, int | float):
        return str(value)
    measure(value)
    text = str(value)
    return caller(text) if current().tracing and text else text


def _limited(name: str, function: Filter) -> Filter:
    skip = _takes_context(function)

    @functools.wraps(function)
    def limited(*args: Any, **kwargs: Any) -> Any:
        if name in _WHOLE and len(args) > skip and isinstance(args[skip], Iterator):
            first = list(islice(cast("Iterator[Any]", args[skip]), MAX_ITEMS))
            args = (*args[:skip], first, *args[skip + 1 :])
        check_filter(name, args[skip:], kwargs)
        result = function(*args, **kwargs)
        if type(result) is not bool:
            weigh(result)
        return result

    return limited


def _followed(name: str, function: Filter) -> Filter:
    if name in _PASS_ON:
        return function
    skip = _takes_context(function)

    @functools.wraps(function)
    def on_text(value: Any, *args: Any, **kwargs: Any) -> Any:
        return function(value if isinstance(value, str) else show(value), *args, **kwargs)

    @functools.wraps(function)
    def followed(*args: Any, **kwargs: Any) -> Any:
        measure(args[skip:])
        result = function(*args, **kwargs)
        if current().tracing and holds_caller((args[skip:], kwargs)):
            return distrust(result)
        return result

    return on_text if name in _ON_TEXT else followed


def _takes_context(function: Filter) -> int:
    """How many arguments the engine puts before the template's own."""
    return 1 if hasattr(function, "jinja_pass_arg") else 0


@pass_eval_context
def _join(
    eval_ctx: EvalContext, value: Iterable[Any], d: Any = "", attribute: str | int | None = None
) -> str:
    if eval_ctx.autoescape:
        return _BUILTIN["join"](eval_ctx, value, d, attribute)
    if attribute is not None:
        value = map(builtin.make_attrgetter(eval_ctx.environment, attribute), value)
    parts = [show(item) for item in value]
    check_method(show(d), "join", (parts,))
    return join(parts, show(d))


@pass_eval_context
def _replace(eval_ctx: EvalContext, s: Any, old: Any, new: Any, count: int | None = None) -> str:
    if current().tracing and not eval_ctx.autoescape:
        text = show(s)
        s, new = Traced(text, marks_of(text)), show(new)
    return _BUILTIN["replace"](eval_ctx, s, old, new, count)


def _title(s: Any) -> str:
    text = s if isinstance(s, str) else show(s)
    return recased(text, _BUILTIN["title"](text))


def _string(value: Any) -> str:
    return value if isinstance(value, str) else show(value)


def _safe(value: Any) -> str:
    text = show(value)
    return SafeText(text, marks_of(text)) if current().tracing else Markup(text)


def _format(value: Any, *args: Any, **kwargs: Any) -> str:
    if current().tracing and not (args and kwargs) and not hasattr(value, "__html__"):
        return percent(show(value), kwargs or args)
    result = _BUILTIN["format"](value, *args, **kwargs)
    return distrust(result) if current().tracing else result


def _tojson(
    value: Any,
    ensure_ascii: bool = False,
    indent: int | str | None = None,
    separators: tuple[str, str] | None = None,
    sort_keys: bool = False,
) -> str:
    text = json.dumps(
        value,
        ensure_ascii=ensure_ascii,
        indent=indent,
        separators=separators,
        sort_keys=sort_keys,
    )
    if not (current().tracing and holds_caller(value)):
        return text
    between, colon = separators or (", " if indent is None else ",", ": ")
    blank = " " * indent if isinstance(indent, int) else indent
    style = _JsonStyle(ensure_ascii, blank, between, colon, sort_keys)
    followed = join(list(_json_pieces(value, style, "\n")))
    return followed if followed == text else caller(text)


class _JsonStyle(NamedTuple):
    ensure_ascii: bool
    indent: str | None
    between: str
    colon: str
    sort_keys: bool


def _json_pieces(value: Any, style: _JsonStyle, line: str) -> Iterator[str]:
    """What JSON writes, with its own brackets and quotes counted as the caller's."""
    if isinstance(value, str):
        yield from _json_text(value, style)
        return
    if not isinstance(value, Mapping | list | tuple):
        yield json.dumps(value)
        return
    known = cast("Mapping[Any, Any] | Sequence[Any]", value)
    opening, closing = "{}" if isinstance(known, Mapping) else "[]"
    if not known:
        yield caller(opening + closing)
        return
    inner = line if style.indent is None else line + style.indent
    before = opening
    for item in _json_items(known, style):
        yield caller(before if style.indent is None else before + inner)
        before = style.between
        if isinstance(known, Mapping):
            yield from _json_text(item if isinstance(item, str) else json.dumps(item), style)
            yield caller(style.colon)
        yield from _json_pieces(known[item] if isinstance(known, Mapping) else item, style, inner)
    yield caller(closing if style.indent is None else line + closing)


def _json_items(value: Mapping[Any, Any] | Sequence[Any], style: _JsonStyle) -> Iterable[Any]:
    return sorted(value) if style.sort_keys and isinstance(value, Mapping) else value


def _json_text(text: str, style: _JsonStyle) -> Iterator[str]:
    yield caller('"')
    marks = marks_of(text)
    written = [
        json.dumps(char, ensure_ascii=style.ensure_ascii)[1:-1] for char in str.__str__(text)
    ]
    spread = [mark * len(char) for mark, char in zip(marks, written, strict=True)]
    yield Traced("".join(written), "".join(spread))
    yield caller('"')


_OWN: dict[str, Filter] = {
    "format": _format,
    "join": _join,
    "replace": _replace,
    "safe": _safe,
    "string": _string,
    "title": _title,
    "tojson": _tojson,
}
