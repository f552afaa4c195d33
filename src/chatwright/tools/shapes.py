"""A Python type as a model sees it (a JSON schema), and the way back from JSON to that type."""

from __future__ import annotations

import collections.abc
import dataclasses
import enum
import inspect
import json
import types
import typing
from collections.abc import Callable, Mapping
from typing import Any, cast

from ..errors import UsageError
from .scalars import SCALARS, Shape, Wrong, wrong
from .schema import tidy

__all__ = ["shape_of"]

Types = tuple[Any, ...]


def shape_of(annotation: Any, inside: Types = ()) -> Shape:
    """The shape of a type; `UsageError` where JSON cannot hold it."""
    if any(annotation is outer for outer in inside):
        raise UsageError(
            f"the type {_called(annotation)} contains itself", "take a dict or a str and parse it"
        )
    for make in _MAKERS:
        if shape := make(annotation, inside):
            return shape
    raise UsageError(
        f"the type {_called(annotation)} has no JSON form",
        "use str, int, float, bool, list, dict, Literal, an Enum, a dataclass or a pydantic model",
    )


def _called(annotation: Any) -> str:
    return getattr(annotation, "__name__", None) or str(annotation).replace("typing.", "")


def _plain(annotation: Any, inside: Types) -> Shape | None:
    try:
        return SCALARS.get(annotation)
    except TypeError:  # not hashable, so none of these
        return None


def _wrapped(annotation: Any, inside: Types) -> Shape | None:
    """`Annotated[X, "what it is"]`, `Required[X]`, `NewType` and `type X = ...` are X with a remark."""
    origin = typing.get_origin(annotation)
    if origin is typing.Annotated:
        inner, *remarks = typing.get_args(annotation)
        shape = shape_of(inner, inside)
        about = next((text for r in remarks if (text := _remark(r))), None)
        return Shape({**shape.schema, "description": about}, shape.read) if about else shape
    if origin in (typing.Required, typing.NotRequired):
        return shape_of(typing.get_args(annotation)[0], inside)
    if isinstance(annotation, typing.NewType):
        return shape_of(annotation.__supertype__, inside)
    if type(annotation).__name__ == "TypeAliasType":
        return shape_of(annotation.__value__, (*inside, annotation))
    return None


def _remark(remark: Any) -> str | None:
    if isinstance(remark, str):
        return remark
    for attribute in ("description", "documentation"):
        if isinstance(text := getattr(remark, attribute, None), str):
            return text
    return None


def _choice(annotation: Any, inside: Types) -> Shape | None:
    """`Literal["a", "b"]`, or an `Enum`: one of a few values."""
    if typing.get_origin(annotation) is typing.Literal:
        members = typing.get_args(annotation)
        values = [m.value if isinstance(m, enum.Enum) else m for m in members]
    elif isinstance(annotation, type) and issubclass(annotation, enum.Enum):
        members = tuple(annotation)
        values = [m.value for m in members]
        if not all(isinstance(v, str | int | float) for v in values):
            values = [m.name for m in members]
    else:
        return None
    if not values or not all(v is None or isinstance(v, str | int | float) for v in values):
        return None
    schema: dict[str, Any] = {"enum": values}
    kinds = {SCALARS[type(v)].schema["type"] for v in values}
    if len(kinds) == 1:
        schema["type"] = kinds.pop()
    return Shape(schema, _chooser(members, values))


def _chooser(members: Types, values: list[Any]) -> Callable[[Any], Any]:
    def read(value: Any) -> Any:
        for same in (_same, _alike):
            for member, known in zip(members, values, strict=True):
                name = member.name if isinstance(member, enum.Enum) else known
                if value is member or same(value, known) or same(value, name):
                    return member
        raise wrong(f"one of {', '.join(json.dumps(v, ensure_ascii=False) for v in values)}", value)

    return read


def _same(value: Any, known: Any) -> bool:
    return type(value) is type(known) and value == known


def _alike(value: Any, known: Any) -> bool:
    return isinstance(value, str | int | float) and str(value).lower() == str(known).lower()


def _union(annotation: Any, inside: Types) -> Shape | None:
    if typing.get_origin(annotation) not in (typing.Union, types.UnionType):
        return None
    shapes = [shape_of(arm, inside) for arm in typing.get_args(annotation)]

    def read(value: Any) -> Any:
        first, problem = _NOTHING, None
        for shape in shapes:
            try:
                got = shape.read(value)
            except Wrong as err:
                problem = problem or err
                continue
            if _same(got, value):
                return got  # an arm that takes the value as it is beats one that bends it
            first = got if first is _NOTHING else first
        if first is _NOTHING:
            raise problem or wrong("something else", value)
        return first

    return Shape({"anyOf": [shape.schema for shape in shapes]}, read)


_NOTHING: Any = object()

_LISTS: dict[Any, Any] = {
    list: list,
    tuple: tuple,
    set: set,
    frozenset: frozenset,
    collections.abc.Sequence: list,
    collections.abc.MutableSequence: list,
    collections.abc.Collection: list,
    collections.abc.Iterable: list,
    collections.abc.Set: set,
}


def _list(annotation: Any, inside: Types) -> Shape | None:
    origin: Any = typing.get_origin(annotation) or annotation
    arms = typing.get_args(annotation)
    if not isinstance(origin, type) or origin not in _LISTS:
        return None
    if origin is tuple and arms and arms[-1] is not ...:
        return _fixed([shape_of(arm, inside) for arm in arms])
    build: Callable[[Any], Any] = _LISTS[origin]
    item = shape_of(arms[0], inside) if arms else SCALARS[Any]
    schema: dict[str, Any] = {"type": "array", "items": item.schema}
    if origin in (set, frozenset, collections.abc.Set):
        schema["uniqueItems"] = True

    def read(value: Any) -> Any:
        items = _items(value)
        return build([_within(i, item.read, v) for i, v in enumerate(items)])

    return Shape(schema, read)


def _fixed(shapes: list[Shape]) -> Shape:
    """`tuple[str, int]`: a list of that length, each place with its own type."""
    size = len(shapes)
    schema = {"type": "array", "prefixItems": [s.schema for s in shapes]}

    def read(value: Any) -> Any:
        items = _items(value)
        if len(items) != size:
            raise wrong(f"a list of {size}", value)
        pairs = zip(shapes, items, strict=True)
        return tuple(_within(i, s.read, v) for i, (s, v) in enumerate(pairs))

    return Shape({**schema, "minItems": size, "maxItems": size}, read)


def _items(value: Any) -> list[Any]:
    value = _decoded(value)
    if not isinstance(value, list | tuple | set | frozenset):
        raise wrong("a list", value)
    return list(cast(collections.abc.Iterable[Any], value))


def _pairs(value: Any) -> Mapping[str, Any]:
    value = _decoded(value)
    if not isinstance(value, Mapping):
        raise wrong("an object", value)
    return cast(Mapping[str, Any], value)


def _decoded(value: Any) -> Any:
    """Models sometimes write a list or an object as JSON inside a string."""
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        return value  # the caller says what it wanted instead


def _within(key: Any, read: Callable[[Any], Any], value: Any) -> Any:
    try:
        return read(value)
    except Wrong as err:
        raise Wrong(f"{err} (at {key!r})") from err


def _dict(annotation: Any, inside: Types) -> Shape | None:
    origin = typing.get_origin(annotation) or annotation
    if origin not in (dict, collections.abc.Mapping, collections.abc.MutableMapping):
        return None
    key, item = typing.get_args(annotation) or (str, Any)
    if key not in (str, Any):
        return None
    shape = shape_of(item, inside)
    schema: dict[str, Any] = {"type": "object"}
    if shape.schema:
        schema["additionalProperties"] = shape.schema

    def read(value: Any) -> Any:
        return {name: _within(name, shape.read, v) for name, v in _pairs(value).items()}

    return Shape(schema, read)


def _record(annotation: Any, inside: Types) -> Shape | None:
    """A dataclass or a TypedDict: an object with named fields."""
    if not inspect.isclass(annotation):
        return None
    cls: Any = annotation
    is_dataclass = dataclasses.is_dataclass(annotation)
    if is_dataclass:
        fields = {f.name: _has_default(f) for f in dataclasses.fields(cls) if f.init}
    elif typing.is_typeddict(cls):
        fields = dict.fromkeys(cls.__annotations__, False)
    else:
        return None
    try:
        hints = typing.get_type_hints(cls, include_extras=True)
    except NameError as err:
        raise UsageError(f"the type '{err.name}' in {_called(cls)} is not known") from err
    shapes = {name: shape_of(hints[name], (*inside, cls)) for name in fields}
    optional = {name for name, hint in hints.items() if _may_be_absent(cls, name, hint)}
    required = [n for n, has_default in fields.items() if not has_default and n not in optional]
    schema = {
        "type": "object",
        "properties": {name: shape.schema for name, shape in shapes.items()},
        "required": required,
    }

    def read(value: Any) -> Any:
        if is_dataclass and isinstance(value, cls):
            return value
        given = _pairs(value)
        if missing := [name for name in required if name not in given]:
            raise Wrong(f"lacks '{missing[0]}'")
        if unknown := [name for name in given if name not in shapes]:
            raise Wrong(f"has no field '{unknown[0]}'")
        return cls(**{name: _within(name, shapes[name].read, v) for name, v in given.items()})

    return Shape(schema, read)


def _may_be_absent(cls: Any, name: str, hint: Any) -> bool:
    # Where annotations are postponed, `__required_keys__` has not seen the NotRequired inside the string.
    origin = typing.get_origin(hint)
    if origin in (typing.Required, typing.NotRequired):
        return origin is typing.NotRequired
    return typing.is_typeddict(cls) and name not in cls.__required_keys__


def _has_default(field: dataclasses.Field[Any]) -> bool:
    nothing = dataclasses.MISSING
    return field.default is not nothing or field.default_factory is not nothing


def _pydantic(annotation: Any, inside: Types) -> Shape | None:
    """A pydantic model, 1 or 2, known by its methods so that pydantic itself is never imported."""
    if not inspect.isclass(annotation):
        return None
    model = cast(Any, annotation)
    for to_schema, parse in (("model_json_schema", "model_validate"), ("schema", "parse_obj")):
        if callable(getattr(model, to_schema, None)) and callable(getattr(model, parse, None)):
            break
    else:
        return None
    schema = tidy(getattr(model, to_schema)())
    if "$defs" in schema or "definitions" in schema:
        raise UsageError(f"the type {_called(annotation)} contains itself")

    def read(value: Any) -> Any:
        if isinstance(value, annotation):
            return value
        try:
            return getattr(model, parse)(value)
        except ValueError as err:  # pydantic's own errors are ValueErrors in many lines
            raise Wrong(f"does not fit: {' '.join(str(err).split())[:300]}") from err

    return Shape(schema, read)


_MAKERS: tuple[Callable[[Any, Types], Shape | None], ...] = (
    _wrapped,
    _choice,
    _plain,
    _union,
    _list,
    _dict,
    _record,
    _pydantic,
)
