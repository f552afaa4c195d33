"""`text.format(...)` as templates call it: in the sandbox, with limits, and the result knows who wrote what."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from jinja2.sandbox import SandboxedEnvironment, SandboxedFormatter
from markupsafe import Markup

from .limits import check_format, current
from .provenance import Traced, caller, distrust, holds_caller, join

__all__ = ["Format", "template_kwargs"]


class Format:
    """`text.format`, sandboxed, limited, followed."""

    def __init__(
        self, environment: SandboxedEnvironment, plain: Callable[..., str], text: str, name: str
    ) -> None:
        self._environment, self._plain, self._text, self._name = environment, plain, text, name

    def __call__(self, *args: Any, **kwargs: Any) -> str:
        kwargs = template_kwargs(kwargs)
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

    def __init__(self, environment: SandboxedEnvironment) -> None:
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


def template_kwargs(kwargs: Mapping[str, Any]) -> dict[str, Any]:
    """Without what the compiled code adds for its own use."""
    return {key: value for key, value in kwargs.items() if key not in {"_loop_vars", "_block_vars"}}
