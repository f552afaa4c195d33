"""The engine: jinja2's immutable sandbox as model repositories expect it, with limits, followed text.

The compiled template calls back here for all that makes text (`show`, `shown_together`, `concat`,
`call`, operators), so that one compilation serves the plain render and the one that follows who
wrote what. The hooks are those that jinja2 offers for this: `code_generator_class`, `_generate`,
`concat`, `call`, `call_binop`, `wrap_str_format`.
"""

from __future__ import annotations

import functools
import types
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from itertools import islice
from typing import Any, NamedTuple, cast

from jinja2 import Template, TemplateError, nodes, pass_context
from jinja2.exceptions import SecurityError
from jinja2.lexer import TokenStream
from jinja2.runtime import BlockReference, Context, LoopContext, Macro
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.utils import Cycler, Joiner, Namespace

from .filters import filters, show
from .formatting import Format, template_kwargs
from .generator import Generation, Generator, with_ticks
from .inputs import NOW
from .limits import (
    MAX_SOURCE,
    MAX_TOKENS,
    SMALL,
    Overrun,
    Run,
    check_call,
    check_method,
    check_operator,
    comparable,
    current,
    cut,
    running,
    tick,
)
from .provenance import Traced, caller, distrust, holds_caller, join, marks_of

__all__ = ["Compiled", "compile_source", "literals", "run_template"]


class Compiled(NamedTuple):
    """A template, ready to run. `followable`: nothing in it hides who wrote what."""

    template: Template
    followable: bool


@functools.lru_cache(maxsize=64)
def compile_source(source: str) -> Compiled:
    """The compiled template; compiling takes 2 to 100 ms and is done once a text."""
    if len(source) > MAX_SOURCE:
        raise Overrun(f"the chat template is longer than {MAX_SOURCE} characters")
    with running(Run()):
        tree = _ENVIRONMENT.parse(source)
        escaping = tree.find(nodes.EvalContextModifier)
        template = _ENVIRONMENT.from_string(tree)
    return Compiled(template, followable=escaping is None)


def run_template(compiled: Compiled, variables: Mapping[str, Any], *, tracing: bool) -> str:
    """What the template writes; a `Traced` string when `tracing`."""
    template = compiled.template
    run = Run(tracing=tracing)
    pieces: list[str] = []
    length = 0
    with running(run):
        written = template.root_render_func(template.new_context(dict(variables)))
        while some := list(islice(written, _PIECES_A_LOOK)):
            length += sum(map(len, some))
            run.write(length)
            run.tick()
            pieces += some
        return join(pieces) if tracing else "".join(pieces)


def _concat(pieces: Iterable[str]) -> str:
    pieces = list(pieces)
    current().write(sum(map(len, pieces)))
    return join(pieces) if current().tracing else "".join(pieces)


_TEXTS = (str, Traced)


def _added(left: Any, right: Any) -> Any:
    if type(left) in _TEXTS and type(right) in _TEXTS and len(left) + len(right) <= SMALL:
        return left + right
    check_operator("+", left, right)
    return left + right


# Names whose values are safe to hand out: reading methods of data, and what a loop tells of itself.
_DICT_NAMES = frozenset(dir(dict))
_TEXT_NAMES = frozenset(
    name for name in dir(str) if not name.startswith(("_", "format", "encode", "maketrans"))
)
_SAFE_NAMES: dict[type[Any], frozenset[str]] = {
    dict: frozenset({"copy", "get", "items", "keys", "values"}),
    str: _TEXT_NAMES,
    Traced: _TEXT_NAMES,
    LoopContext: frozenset(
        {"depth", "depth0", "first", "index", "index0", "last", "length", "revindex", "revindex0"}
    ),
}
# Methods whose result is no larger than the text they belong to, or whose dictionary it shares.
_CUTS = frozenset(
    name
    for name in vars(str)
    if name.startswith(("is", "l", "r", "s", "up", "count", "find", "index", "endswith", "part"))
    and name not in {"ljust", "rjust", "replace"}
)
_METHODS = (types.BuiltinMethodType, types.MethodType)
_HARMLESS: dict[type[Any], frozenset[str]] = {
    str: _CUTS,
    Traced: _CUTS,
    dict: frozenset({"get", "items", "keys", "values"}),
}
_DATA = frozenset([str, Traced, int, bool, float, type(None), list, dict, tuple])
_RAW = object.__getattribute__
_PIECES_A_LOOK = 512


_COMPARING = {"eq", "equalto", "==", "ne", "!=", "in", "lt", "lessthan", "<", "le", "<="}.union(
    ["gt", "greaterthan", ">", "ge", ">="]
)


def _wary(test: Callable[..., bool]) -> Callable[..., bool]:
    """The test, for values that are not too large to compare."""

    def tested(value: Any, other: Any) -> bool:
        return test(comparable(value), comparable(other))

    return tested


class _Environment(ImmutableSandboxedEnvironment):
    code_generator_class = Generator
    intercepted_binops = frozenset({"*", "**", "%"})
    concat = staticmethod(_concat)  # pyright: ignore[reportAssignmentType]
    add = staticmethod(_added)
    show = staticmethod(show)
    tick = staticmethod(tick)
    comparable = staticmethod(comparable)
    cut = staticmethod(cut)

    def __init__(self) -> None:
        super().__init__(
            trim_blocks=True,
            lstrip_blocks=True,
            extensions=[Generation, "jinja2.ext.loopcontrols"],
            optimized=False,  # folding runs a template's bombs while it is compiled
        )
        self.filters = filters()
        self.tests = {n: _wary(t) if n in _COMPARING else t for n, t in self.tests.items()}
        names = cast("dict[str, Any]", self.globals)
        names.update(
            dict=_Dict(),
            lipsum=_lipsum(names["lipsum"]),
            namespace=_Names,
            raise_exception=_raise_exception,
            range=_range(names["range"]),
            strftime_now=_strftime_now,
        )
        self._ours = {id(value) for value in names.values()}

    def shown_together(self, values: Iterable[Any]) -> str:
        return _concat(map(show, values))

    def _generate(
        self,
        source: nodes.Template,
        name: str | None,
        filename: str | None,
        defer_init: bool = False,
    ) -> str:
        return super()._generate(with_ticks(source), name, filename, defer_init)

    def _tokenize(self, *args: Any, **kwargs: Any) -> TokenStream:
        stream = super()._tokenize(*args, **kwargs)
        tokens = list(islice(stream, MAX_TOKENS + 1))
        if len(tokens) > MAX_TOKENS:
            raise Overrun(f"the chat template has more than {MAX_TOKENS} tokens of its language")
        return TokenStream(iter(tokens), stream.name, stream.filename)

    def item(self, obj: Any, argument: Any) -> Any:
        return self.getitem(obj, comparable(argument))

    def getattr(self, obj: Any, attribute: str) -> Any:
        # The same answers as jinja2's, without its way through an exception and six questions.
        kind: Any = type(obj)  # pyright: ignore[reportUnknownVariableType]
        if kind is dict and attribute not in _DICT_NAMES:
            try:
                return obj[attribute]
            except KeyError:
                return self.undefined(obj=obj, name=attribute)
        if kind is _Names and attribute[:1] != "_":
            attributes = cast("dict[str, Any]", _RAW(obj, "_Namespace__attrs"))
            if attribute in attributes and type(attributes[attribute]) in _DATA:
                return attributes[attribute]
        safe = _SAFE_NAMES.get(kind)
        if safe is not None and attribute in safe:
            return getattr(obj, attribute)
        return super().getattr(obj, attribute)

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        check_operator(operator, left, right)
        if current().tracing and operator == "%" and type(left) is str and holds_caller(right):
            left = _promoted(left)
        return super().call_binop(context, operator, left, right)

    def wrap_str_format(self, value: Any) -> Callable[..., str] | None:
        plain = super().wrap_str_format(value)
        return None if plain is None else Format(self, plain, value.__self__, value.__name__)

    def call(self, context: Context, obj: Any, /, *args: Any, **kwargs: Any) -> Any:
        owner: Any
        run = current()
        run.tick()
        if type(obj) in _METHODS:
            owner = obj.__self__
            if obj.__name__ in _HARMLESS.get(cast("Any", type(owner)), ()) and len(owner) <= SMALL:
                return obj(*args, **template_kwargs(kwargs))
        owner = getattr(obj, "__self__", None)
        if not isinstance(obj, types.BuiltinMethodType | types.MethodType):
            owner = None
        if isinstance(owner, str):
            if args and isinstance(args[0], Iterator):
                args = (list(cast("Iterator[Any]", args[0])), *args[1:])
            check_method(owner, obj.__name__, args)
        elif owner is not None:
            check_call(owner, obj.__name__, args)
        if not run.tracing:
            return super().call(context, obj, *args, **kwargs)
        if getattr(obj, "__name__", "") in _UNTRACED_METHODS:
            raise SecurityError(f"'{obj.__name__}' would lose who wrote what")
        if type(owner) is str and holds_caller((args, template_kwargs(kwargs))):
            obj = getattr(_promoted(owner), obj.__name__)
        result = super().call(context, obj, *args, **kwargs)
        return result if self._is_followed(obj, owner) else distrust(result)

    def _is_followed(self, obj: Any, owner: Any) -> bool:
        return (
            isinstance(obj, _FOLLOWED)
            or isinstance(owner, _FOLLOWED_OWNERS)
            or id(obj) in self._ours
        )


# What these give follows from values that are followed already, or is made of them by jinja2's own
# `concat`; everything else that a template can call gives text that counts as the caller's.
_FOLLOWED = (Macro, BlockReference, LoopContext, Cycler, Joiner, Format)
_FOLLOWED_OWNERS = (str, dict, list, tuple, LoopContext, Cycler, Generation)

# Bytes and numbers carry no marks, so text may not take the way through them.
_UNTRACED_METHODS = frozenset({"encode", "decode", "to_bytes", "hex", "maketrans"})


def _promoted(text: str) -> Traced:
    return Traced(text, marks_of(text))


def _raise_exception(message: Any) -> None:
    raise TemplateError(message)


class _Names(Namespace):
    """`namespace(...)`, whose names do not begin with an underscore."""

    def __init__(*args: Any, **kwargs: Any) -> None:  # pyright: ignore (so that `self=` is a name)
        names = dict[str, Any](*args[1:], **kwargs)
        for name in names:
            _check_name(name)
        Namespace.__init__(args[0], names)

    def __setitem__(self, name: str, value: Any) -> None:
        _check_name(name)
        super().__setitem__(name, value)


def _check_name(name: Any) -> None:
    if isinstance(name, str) and name.startswith("_"):
        raise SecurityError(
            "Chat templates cannot store underscore-prefixed attributes on a namespace, but got"
            f" {name[:80]!r}. Please rename it."
        )


class _Dict:
    """`dict(...)`: not the class, whose own methods would be in reach."""

    def __call__(self, *args: Any, **kwargs: Any) -> dict[Any, Any]:
        return dict(*args, **kwargs)

    def fromkeys(self, *args: Any) -> dict[Any, Any]:
        return dict.fromkeys(*args)


def _range(safe_range: Callable[..., range]) -> Callable[..., range]:
    def limited_range(*args: Any) -> range:
        numbers = safe_range(*args)
        current().tick(len(numbers) // 1000)
        return numbers

    return limited_range


def _lipsum(filler: Callable[..., str]) -> Callable[..., str]:
    def limited_lipsum(n: int = 5, html: bool = True, min: int = 20, max: int = 100) -> str:
        if not (0 <= n <= 100 and 0 <= min <= max <= 1000 and n * max <= 2_000):
            raise Overrun("the chat template asks for too much filler text")
        current().tick(16)
        return filler(n=n, html=html, min=min, max=max)

    return limited_lipsum


@pass_context
def _strftime_now(context: Context, format: Any) -> str:
    traced = isinstance(format, Traced)
    moment: datetime = context.parent[NOW]
    if isinstance(format, str):
        if len(format) > 1000:
            raise Overrun("the chat template asks for too long a date")
        format = str.__str__(format)
    text = moment.strftime(format)
    return caller(text) if traced else text


_ENVIRONMENT = _Environment()


def literals(source: str) -> list[str]:
    """The texts that stand in a template, between its tags and as strings inside them."""
    with running(Run()):
        tree = _ENVIRONMENT.parse(source)
    outside = [node.data for node in tree.find_all(nodes.TemplateData)]
    inside = [node.value for node in tree.find_all(nodes.Const)]
    return outside + [value for value in inside if isinstance(value, str)]
