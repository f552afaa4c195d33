"""What a GGUF file says of itself, read and checked before the engine sees it.

The engine only says that it failed, or aborts; the checks say what is wrong with the file.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, cast

from .gguf import examine
from .gguf.contents import Texts
from .gguf.tensors import Tensor

__all__ = ["CONTROL", "UNKNOWN", "USER_DEFINED", "Header", "Token", "read_header"]

UNKNOWN, CONTROL, USER_DEFINED = 2, 3, 4
"""The types of tokens that are not plain text, as the format numbers them."""

_NOT_PLAIN = re.compile(b"[\x02\x03\x04]")  # the same, in a row of types


@dataclass(frozen=True, slots=True)
class Token:
    """A token that is not plain text: its id, spelling and type, and whether the file gives it a role (BOS, ...)."""

    id: int
    text: str
    type: int
    role: bool = False


@dataclass(frozen=True, slots=True)
class Header:
    """The file's key-value pairs, the special tokens of its vocabulary, and its table of tensors.

    Of the long arrays only the tokens and their types are kept; scores and merges are the engine's business.
    `warnings` are what is odd about the file and may be the reason if the engine does not take it.
    """

    path: Path
    metadata: Mapping[str, Any]
    special: tuple[Token, ...]
    tensors: tuple[Tensor, ...] = ()
    warnings: tuple[str, ...] = ()

    @property
    def architecture(self) -> str:
        return str(self.metadata.get("general.architecture", ""))

    def of_model(self, key: str, default: int = 0) -> int:
        """A number that the format files under the architecture's name, such as `context_length`.

        Where the file has one for each layer, it is the largest.
        """
        value = self.metadata.get(f"{self.architecture}.{key}", default)
        if isinstance(value, tuple):
            numbers = cast("tuple[Any, ...]", value)
            value = max((n for n in numbers if isinstance(n, int)), default=default)
        return value if isinstance(value, int) else default

    def token(self, role: str) -> Token | None:
        """The token that the file names as `bos`, `eos`, `eot`, ..."""
        wanted = self.metadata.get(f"tokenizer.ggml.{role}_token_id")
        return next((t for t in self.special if t.id == wanted), None)


def read_header(path: Path) -> Header:
    """Read the header of a GGUF file, or say what is wrong with the file."""
    found = examine(path)
    if found.fatal:
        raise found.fatal.error(path.name)
    values = found.contents.values
    return Header(
        path,
        MappingProxyType(dict(values)),
        _special(values),
        found.contents.tensors,
        tuple(problem.what for problem in found.problems),
    )


def _special(values: Mapping[str, Any]) -> tuple[Token, ...]:
    """The tokens that are not plain text; those with a role count as control tokens whatever their type says."""
    tokens = values.get("tokenizer.ggml.tokens")
    if not isinstance(tokens, Texts):
        return ()
    given = values.get("tokenizer.ggml.token_type", ())
    kinds = cast("Sequence[int]", given if isinstance(given, Sequence) else ())[: len(tokens)]
    keys = (k for k in values if k.startswith("tokenizer.ggml.") and k.endswith("_token_id"))
    ids = {v for v in map(values.__getitem__, keys) if isinstance(v, int)}
    roles = {n for n in ids if 0 <= n < len(tokens)}
    marked = {match.start() for match in _NOT_PLAIN.finditer(bytes(list(kinds)))}
    return tuple(
        Token(n, tokens[n], kinds[n] if n in marked else CONTROL, n in roles)
        for n in sorted(marked | roles)
    )
