"""A typed Python function, read the way a model needs it: its words, its arguments, and a checked call."""

from __future__ import annotations

import functools
import inspect
import json
import re
import types
import typing
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast

from ..errors import ToolError, UsageError, did_you_mean
from .scalars import Shape, Wrong
from .shapes import shape_of

__all__ = ["Argument", "arguments", "checked", "first_paragraph", "underlying"]


@dataclass(frozen=True, slots=True)
class Argument:
    """One argument of a function: its place, what the model sees of it, how its value is read."""

    parameter: inspect.Parameter
    shape: Shape

    @property
    def name(self) -> str:
        return self.parameter.name

    @property
    def required(self) -> bool:
        return self.parameter.default is inspect.Parameter.empty

    @property
    def schema(self) -> dict[str, Any]:
        if self.required or not _is_json(self.parameter.default):
            return self.shape.schema
        # Through JSON and back, so that a tuple or an Enum of strings becomes what a model will see.
        return {**self.shape.schema, "default": json.loads(json.dumps(self.parameter.default))}


def _is_json(value: Any) -> bool:
    try:
        json.dumps(value, allow_nan=False)
    except (TypeError, ValueError):
        return False
    return True


def underlying(fn: Any) -> types.FunctionType:
    """The plain function under partials, methods, decorators and callable objects."""
    if inspect.isclass(fn):
        raise UsageError(f"the class {fn.__name__} is not a function", "wrap it in a function")
    while isinstance(fn, functools.partial):
        fn = cast("functools.partial[Any]", fn).func
    if not callable(fn):
        raise UsageError(f"an object of type {type(fn).__name__} is not a function")
    if inspect.isgeneratorfunction(fn) or inspect.isasyncgenfunction(fn):
        raise UsageError(f"{fn.__name__} is a generator", "return a list or a string")
    base: Any = inspect.unwrap(fn)
    base = getattr(base, "__func__", base)
    if not inspect.isfunction(base):
        base = getattr(type(base).__call__, "__func__", type(base).__call__)
    if not inspect.isfunction(base):
        raise UsageError(
            f"{getattr(fn, '__name__', type(fn).__name__)} has no types to read",
            "wrap it in a function",
        )
    if base.__name__ == "<lambda>":
        raise UsageError(
            "a lambda has no name and no types for the model to read", "write it as a def"
        )
    if base.__name__ != "__call__":
        return base
    # A callable object speaks under its class's name.
    named = types.FunctionType(
        base.__code__, base.__globals__, type(fn).__name__, closure=base.__closure__
    )
    named.__doc__ = base.__doc__ or type(fn).__doc__
    return named


def arguments(fn: Callable[..., Any], base: types.FunctionType, name: str) -> list[Argument]:
    try:
        parameters = inspect.signature(fn).parameters.values()
    except (TypeError, ValueError) as err:
        raise UsageError(f"{name} has no signature to read", "wrap it in a function") from err
    # What a partial has filled in is settled, and may be a secret: the model neither sees nor sets it.
    settled = _settled(fn)
    return [
        Argument(p, _shape(p, base, name))
        for p in parameters
        if p.name not in settled or p.kind is p.VAR_KEYWORD
    ]


def _settled(fn: Any) -> set[str]:
    names: set[str] = set()
    while isinstance(fn, functools.partial):
        part = cast("functools.partial[Any]", fn)
        names, fn = names | set(part.keywords), part.func
    return names


def _shape(p: inspect.Parameter, base: types.FunctionType, name: str) -> Shape:
    if p.kind in (p.VAR_POSITIONAL, p.VAR_KEYWORD):
        stars = "*" if p.kind is p.VAR_POSITIONAL else "**"
        raise UsageError(
            f"{name} takes {stars}{p.name}, and a model cannot know what to put there",
            "name every argument",
        )
    annotation: Any = p.annotation
    if annotation is p.empty and p.default is not p.empty and p.default is not None:
        annotation = cast(Any, type(p.default))
    if annotation is p.empty:
        if p.name in ("self", "cls"):
            raise UsageError(f"{name} is a method without its object", f"give obj.{name}")
        raise UsageError(
            f"the argument '{p.name}' of {name} has no type", f"write for instance {p.name}: str"
        )
    try:
        return shape_of(_resolved(annotation, base))
    except NameError as err:
        raise UsageError(
            f"the type of the argument '{p.name}' of {name} is not known: {err}",
            "import it at the top of the file, not only for type checkers",
        ) from err
    except (UsageError, TypeError, SyntaxError) as err:
        hint = err.hint if isinstance(err, UsageError) else ""
        raise UsageError(f"the argument '{p.name}' of {name}: {err}", hint) from err


def _resolved(annotation: Any, base: types.FunctionType) -> Any:
    """The annotation itself where it was written, or postponed, as a string."""
    cells = zip(base.__code__.co_freevars, base.__closure__ or (), strict=False)
    # A class that was defined inside a function is known only to the calls that are still running there.
    local = _callers_names(base.__globals__) if isinstance(annotation, str) else {}
    local |= {name: cell.cell_contents for name, cell in cells if _is_filled(cell)}
    holder = types.SimpleNamespace(__annotations__={"it": annotation})
    hints = typing.get_type_hints(holder, base.__globals__, local, include_extras=True)
    return hints["it"]


def _callers_names(module: dict[str, Any]) -> dict[str, Any]:
    """The local names of the functions of that module which led here, the nearest first."""
    names: dict[str, Any] = {}
    frame = inspect.currentframe()
    while frame:
        if frame.f_globals is module and frame.f_locals is not module:
            names = {**frame.f_locals, **names}
        frame = frame.f_back
    return names


def _is_filled(cell: types.CellType) -> bool:
    try:
        _ = cell.cell_contents
    except ValueError:
        return False
    return True


def first_paragraph(fn: Any, base: types.FunctionType, name: str) -> str:
    doc = inspect.getdoc(base) or (inspect.getdoc(fn) if inspect.ismethod(fn) else "") or ""
    paragraph = re.split(r"\n\s*\n", doc.strip())[0]
    return " ".join(paragraph.split()) or f"{name.strip('_').replace('_', ' ').capitalize()}."


def checked(fn: Callable[..., Any], name: str, arguments: list[Argument]) -> Callable[..., Any]:
    """`fn`, given the annotated types, or a `ToolError` that says which argument is wrong."""
    known = {a.name: a for a in arguments}

    def read(given: dict[str, Any]) -> tuple[list[Any], dict[str, Any]]:
        if unknown := [n for n in given if n not in known]:
            raise ToolError(
                f"{name} has no argument '{unknown[0]}'", did_you_mean(unknown[0], known)
            )
        if missing := [a.name for a in arguments if a.required and a.name not in given]:
            raise ToolError(f"{name} needs the argument '{missing[0]}'")
        values: dict[str, Any] = {}
        for key, value in given.items():
            try:
                values[key] = known[key].shape.read(value)
            except Wrong as err:
                if value is None and not known[key].required:
                    continue  # models write null for what they leave out
                raise ToolError(f"the argument '{key}' of {name} {err}") from err
        first = [a for a in arguments if a.parameter.kind is inspect.Parameter.POSITIONAL_ONLY]
        return [values.pop(a.name, a.parameter.default) for a in first], values

    # An argument may be called anything, so the wrappers take no named parameter of their own.
    if inspect.iscoroutinefunction(fn) or inspect.iscoroutinefunction(type(fn).__call__):

        async def acall(**given: Any) -> Any:
            args, kwargs = read(given)
            return await fn(*args, **kwargs)

        return acall

    def call(**given: Any) -> Any:
        args, kwargs = read(given)
        return fn(*args, **kwargs)

    return call
