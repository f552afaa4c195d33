"""Where a chat template comes from on this machine: a folder, a file, the metadata of a GGUF file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, cast

from ..errors import TemplateError
from .builtin import no_template
from .places import ADDITIONAL, Found, find, read_config, templates_of
from .special import Special

__all__ = ["file_template", "folder_template", "gguf_special", "gguf_template", "info_template"]

_ID_KEYS = {
    "bos_token": "bos_token_id",
    "eos_token": "eos_token_id",
    "unk_token": "unknown_token_id",
    "sep_token": "seperator_token_id",  # so spelt in the format
    "pad_token": "padding_token_id",
    "cls_token": "cls_token_id",
    "mask_token": "mask_token_id",
}
_TEMPLATE = "tokenizer.chat_template"
_MOST = 32 * 2**20  # bytes of a single file
_CONTROL, _USER_DEFINED = 3, 4  # the types of tokens that are no text, as the format numbers them


def gguf_template(metadata: Mapping[str, Any]) -> Found:
    """The templates in a GGUF file's metadata, and the special tokens of its vocabulary."""
    default = metadata.get(_TEMPLATE)
    names = [key.removeprefix(f"{_TEMPLATE}.") for key in metadata if _is_named(key)]
    named = {name: metadata[f"{_TEMPLATE}.{name}"] for name in names}
    if isinstance(default, str):
        named = {"default": default, **named}
    named = {name: source for name, source in named.items() if isinstance(source, str)}
    templates = default if list(named) == ["default"] else named or None
    return Found(
        templates_of(templates, "this GGUF file"),
        Special(gguf_special(metadata)),
        _gguf_added(metadata),
        "the GGUF file",
    )


def gguf_special(metadata: Mapping[str, Any]) -> dict[str, str]:
    """The special tokens that a GGUF file names by their ids."""
    tokens = metadata.get("tokenizer.ggml.tokens")
    known = cast("Sequence[Any]", tokens) if isinstance(tokens, Sequence) else ()
    found = {
        name: _token(known, metadata.get(f"tokenizer.ggml.{key}")) for name, key in _ID_KEYS.items()
    }
    return {name: text for name, text in found.items() if text is not None}


def folder_template(path: Path) -> Found:
    """The templates in a folder with a tokenizer's files."""
    if not path.is_dir():
        raise TemplateError(f"there is no folder {str(path)[:300]}", "check the path")
    found = find(_Disk(path))
    if found.templates is None:
        raise no_template(f"the folder {str(path)[:300]}")
    return found


def file_template(path: Path) -> Found:
    """The template in a file: jinja, or a tokenizer_config.json."""
    try:
        with path.open("rb") as stream:
            data = stream.read(_MOST + 1)
    except OSError as err:
        why = err.strerror or type(err).__name__
        raise TemplateError(f"{str(path)[:300]} cannot be read: {why}", "check the path") from None
    folder = _One(path.name, data)
    if path.suffix.lower() == ".json":
        found = find(folder.called("tokenizer_config.json"))
        if found.templates is None:
            raise no_template(f"the file {str(path)[:300]}")
        return found
    return find(folder.called("chat_template.jinja"))


def info_template(info: Mapping[str, Any]) -> Found:
    """The template that a server tells in its `/info`, with the special tokens beside it or under their own name."""
    inner = info.get("special_tokens")
    tokens = cast("Mapping[str, Any]", inner if isinstance(inner, Mapping) else {})
    return read_config({**tokens, **info})


class _Disk:
    """The files of a folder."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def read(self, path: str, most: int) -> bytes | None:
        file = self._root / path
        try:
            with file.open("rb") as stream:
                data = stream.read(most + 1)
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
            return None
        except OSError as err:
            why = err.strerror or type(err).__name__
            raise TemplateError(f"{file} cannot be read: {why}", "check its rights") from None
        return data if len(data) <= most else None

    def additional(self) -> Iterator[str]:
        for file in (self._root / ADDITIONAL).glob("*.jinja"):
            yield f"{ADDITIONAL}/{file.name}"


class _One:
    """A single file, under whatever name it is asked for."""

    def __init__(self, name: str, data: bytes) -> None:
        self._name, self._data = name, data

    def called(self, name: str) -> _One:
        return _One(name, self._data)

    def read(self, path: str, most: int) -> bytes | None:
        return self._data if path == self._name and len(self._data) <= most else None

    def additional(self) -> tuple[str, ...]:
        return ()


def _is_named(key: str) -> bool:
    return key.startswith(f"{_TEMPLATE}.") and len(key) > len(_TEMPLATE) + 1


def _gguf_added(metadata: Mapping[str, Any]) -> list[tuple[str, bool]] | None:
    tokens = metadata.get("tokenizer.ggml.tokens")
    kinds = metadata.get("tokenizer.ggml.token_type")
    if not isinstance(tokens, Sequence) or not isinstance(kinds, Sequence):
        return None
    texts, types = cast("Sequence[Any]", tokens), cast("Sequence[int]", kinds)
    wanted = (_CONTROL, _USER_DEFINED)
    some = [n for n, kind in enumerate(types[: len(texts)]) if kind in wanted]
    return [(texts[n], types[n] == _CONTROL) for n in some if isinstance(texts[n], str)] or None


def _token(tokens: Sequence[Any], index: Any) -> str | None:
    try:
        token = tokens[int(index)] if int(index) >= 0 else None
    except (TypeError, ValueError, IndexError):
        return None  # no such token: the template sees it as undefined
    return token if isinstance(token, str) else None
