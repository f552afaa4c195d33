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
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from jinja2 import Template, TemplateError, nodes, pass_context
from jinja2.compiler import CodeGenerator, Frame
from jinja2.exceptions import SecurityError
from jinja2.ext import Extension
from jinja2.parser import Parser
from jinja2.runtime import BlockReference, Context, LoopContext, Macro
from jinja2.sandbox import ImmutableSandboxedEnvironment, SandboxedFormatter
from jinja2.utils import Cycler, Joiner, Namespace
from markupsafe import Markup

from .filters import filters, show
from .limits import (
    MAX_SOURCE,
    Overrun,
    Run,
    check_format,
    check_method,
    check_operator,
    current,
    running,
)
from .provenance import Traced, caller, distrust, holds_caller, join, marks_of

__all__ = ["NOW", "Compiled", "compile_source", "literals", "run_template"]


@dataclass(frozen=True, slots=True)
class Compiled:
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
        template = _ENVIRONMENT.from_string(source)
    escaping = tree.find(nodes.EvalContextModifier)
    return Compiled(template, followable=escaping is None)


def run_template(compiled: Compiled, variables: Mapping[str, Any], *, tracing: bool) -> str:
    """What the template writes; a `Traced` string when `tracing`."""
    template = compiled.template
    with running(Run(tracing=tracing)) as run:
        pieces: list[str] = []
        for piece in template.root_render_func(template.new_context(dict(variables))):
            run.write(len(piece))
            pieces.append(piece)
        return join(pieces) if tracing else "".join(pieces)


class _Generator(CodeGenerator):
    """Writes Python that prints through the environment and counts the rounds of its loops."""

    def _output_child_pre(self, node: nodes.Expr, frame: Frame, finalize: Any) -> None:
        if frame.eval_ctx.volatile or frame.eval_ctx.autoescape:
            super()._output_child_pre(node, frame, finalize)
        else:
            self.write("environment.show(")

    def visit_Concat(self, node: nodes.Concat, frame: Frame) -> None:
        if frame.eval_ctx.volatile or frame.eval_ctx.autoescape:
            super().visit_Concat(node, frame)
            return
        self.write("environment.shown_together((")
        for part in node.nodes:
            self.visit(part, frame)
            self.write(", ")
        self.write("))")

    def visit_ExprStmt(self, node: nodes.ExprStmt, frame: Frame) -> None:
        if isinstance(node.node, nodes.EnvironmentAttribute):
            self.writeline(f"environment.{node.node.name}()")
        else:
            super().visit_ExprStmt(node, frame)


class _Generation(Extension):
    """`{% generation %}` marks what the model wrote, for training; here it only writes its body."""

    tags = {"generation"}  # noqa: RUF012 (jinja2 declares it so)

    def parse(self, parser: Parser) -> nodes.Node:
        line = next(parser.stream).lineno
        body = parser.parse_statements(("name:endgeneration",), drop_needle=True)
        # A call block and not the bare body: what is set inside stays inside, as with transformers.
        return nodes.CallBlock(self.call_method("body_of"), [], [], body).set_lineno(line)

    def body_of(self, caller: Callable[[], str]) -> str:
        return caller()


def _concat(pieces: Iterable[str]) -> str:
    pieces = list(pieces)
    current().write(sum(map(len, pieces)))
    return join(pieces) if current().tracing else "".join(pieces)


class _Environment(ImmutableSandboxedEnvironment):
    code_generator_class = _Generator
    intercepted_binops = frozenset({"+", "*", "**", "%"})
    concat = staticmethod(_concat)  # pyright: ignore[reportAssignmentType]
    show = staticmethod(show)

    def __init__(self) -> None:
        super().__init__(
            trim_blocks=True,
            lstrip_blocks=True,
            extensions=[_Generation, "jinja2.ext.loopcontrols"],
            optimized=False,  # folding runs a template's bombs while it is compiled
        )
        self.filters = filters()
        names = cast("dict[str, Any]", self.globals)
        names.update(
            dict=_dict,
            lipsum=_lipsum(names["lipsum"]),
            namespace=_namespace,
            raise_exception=_raise_exception,
            range=_range(names["range"]),
            strftime_now=_strftime_now,
        )
        self._ours = {id(value) for value in names.values()}

    def tick(self) -> None:
        current().tick()

    def shown_together(self, values: Iterable[Any]) -> str:
        return _concat(map(show, values))

    def _generate(
        self,
        source: nodes.Template,
        name: str | None,
        filename: str | None,
        defer_init: bool = False,
    ) -> str:
        for loop in source.find_all(nodes.For):
            loop.body.insert(0, nodes.ExprStmt(nodes.EnvironmentAttribute("tick")))
        return super()._generate(source, name, filename, defer_init)

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        check_operator(operator, left, right)
        if current().tracing and operator == "%" and type(left) is str and holds_caller(right):
            left = _promoted(left)
        return super().call_binop(context, operator, left, right)

    def wrap_str_format(self, value: Any) -> Callable[..., str] | None:
        plain = super().wrap_str_format(value)
        return None if plain is None else _Format(self, plain, value.__self__, value.__name__)

    def call(self, context: Context, obj: Any, /, *args: Any, **kwargs: Any) -> Any:
        run = current()
        run.tick()
        owner: Any = getattr(obj, "__self__", None)
        if not isinstance(obj, types.BuiltinMethodType | types.MethodType):
            owner = None
        if isinstance(owner, str):
            if args and isinstance(args[0], Iterator):
                args = (list(cast("Iterator[Any]", args[0])), *args[1:])
            check_method(owner, obj.__name__, args)
        if not run.tracing:
            return super().call(context, obj, *args, **kwargs)
        if getattr(obj, "__name__", "") in _UNTRACED_METHODS:
            raise SecurityError(f"'{obj.__name__}' would lose who wrote what")
        if type(owner) is str and holds_caller((args, _template_kwargs(kwargs))):
            obj = getattr(_promoted(owner), obj.__name__)
        result = super().call(context, obj, *args, **kwargs)
        return result if self._is_followed(obj, owner) else distrust(result)

    def _is_followed(self, obj: Any, owner: Any) -> bool:
        return (
            isinstance(obj, _FOLLOWED)
            or isinstance(owner, _FOLLOWED_OWNERS)
            or id(obj) in self._ours
        )


class _Format:
    """`text.format`, sandboxed, limited, followed."""

    def __init__(
        self, environment: _Environment, plain: Callable[..., str], text: str, name: str
    ) -> None:
        self._environment, self._plain, self._text, self._name = environment, plain, text, name

    def __call__(self, *args: Any, **kwargs: Any) -> str:
        kwargs = _template_kwargs(kwargs)
        check_format(self._text, (*args, *kwargs.values()))
        result = self._plain(*args, **kwargs)
        if not current().tracing:
            return result
        if isinstance(self._text, Traced | Markup):
            return distrust(result)
        if self._name == "format_map":
            args, kwargs = (), args[0]
        formatter = _FollowingFormatter(self._environment)
        formatter.vformat(self._text, args, kwargs)
        followed = join(formatter.pieces)
        return followed if followed == result else caller(result)


class _FollowingFormatter(SandboxedFormatter):
    """Formats, and keeps the pieces that it put together."""

    def __init__(self, environment: _Environment) -> None:
        super().__init__(environment)
        self.pieces: list[str] = []

    def parse(self, format_string: Any) -> Iterator[Any]:
        for part in super().parse(format_string):
            self.pieces.append(part[0])
            yield part

    def convert_field(self, value: Any, conversion: Any) -> Any:
        result = super().convert_field(value, conversion)
        return caller(result) if conversion and holds_caller(value) else result

    def format_field(self, value: Any, format_spec: str) -> str:
        text = super().format_field(value, format_spec)
        if isinstance(value, str) and not format_spec:
            self.pieces.append(value)
        elif format_spec.endswith("c") or holds_caller(value):
            self.pieces.append(caller(text))
        else:
            self.pieces.append(text)
        return text


# What these give follows from values that are followed already, or is made of them by jinja2's own
# `concat`; everything else that a template can call gives text that counts as the caller's.
_FOLLOWED = (Macro, BlockReference, LoopContext, Cycler, Joiner, _Format)
_FOLLOWED_OWNERS = (str, dict, list, tuple, LoopContext, Cycler, _Generation)

# Bytes and numbers carry no marks, so text may not take the way through them.
_UNTRACED_METHODS = frozenset({"encode", "decode", "to_bytes", "hex", "maketrans"})


def _promoted(text: str) -> Traced:
    return Traced(text, marks_of(text))


def _template_kwargs(kwargs: Mapping[str, Any]) -> dict[str, Any]:
    """Without what the compiled code adds for its own use."""
    return {key: value for key, value in kwargs.items() if key not in {"_loop_vars", "_block_vars"}}


def _raise_exception(message: Any) -> None:
    raise TemplateError(message)


def _namespace(*args: Any, **kwargs: Any) -> Namespace:
    names = [name for given in args if isinstance(given, Mapping) for name in cast("Any", given)]
    for name in [*names, *kwargs]:
        if str(name).startswith("_"):
            raise SecurityError(f"a namespace cannot hold a name like {str(name)[:40]!r}")
    return Namespace(*args, **kwargs)


def _dict(*args: Any, **kwargs: Any) -> dict[Any, Any]:
    # A function and not the class, whose own methods would be in reach.
    return dict(*args, **kwargs)


def _range(safe_range: Callable[..., range]) -> Callable[..., range]:
    def limited_range(*args: Any) -> range:
        numbers = safe_range(*args)
        current().tick(len(numbers) // 1000)
        return numbers

    return limited_range


def _lipsum(filler: Callable[..., str]) -> Callable[..., str]:
    def limited_lipsum(n: int = 5, html: bool = True, min: int = 20, max: int = 100) -> str:
        if n > 100 or max > 1000:
            raise Overrun("the chat template asks for too much filler text")
        return filler(n=n, html=html, min=min, max=max)

    return limited_lipsum


@pass_context
def _strftime_now(context: Context, format: str) -> str:
    if len(format) > 1000:
        raise Overrun("the chat template asks for too long a date")
    moment: datetime = context.parent[NOW]
    text = moment.strftime(str.__str__(format))
    return caller(text) if isinstance(format, Traced) else text


NOW = "chatwright now"
"""The variable (no template can name it) that holds the moment of the render."""

_ENVIRONMENT = _Environment()


def literals(source: str) -> list[str]:
    """The texts that stand in a template, between its tags and as strings inside them."""
    with running(Run()):
        tree = _ENVIRONMENT.parse(source)
    outside = [node.data for node in tree.find_all(nodes.TemplateData)]
    inside = [node.value for node in tree.find_all(nodes.Const)]
    return outside + [value for value in inside if isinstance(value, str)]
