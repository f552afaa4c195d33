"""Where a repository or folder keeps its chat template, and which place wins: as transformers 5 decides it.

1. `chat_template.jinja` and `additional_chat_templates/*.jinja`, together;
2. `chat_template` in `tokenizer_config.json`: a text, a list of names and templates, or an object of them;
3. where neither has one: `chat_template.json` and `processor_config.json`, which older processors have.

A place that wins hides the others as a whole.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, cast

from ..errors import TemplateError
from .special import Special, added, merged, read_added, read_special

__all__ = [
    "ADDITIONAL",
    "CONFIG",
    "JINJA",
    "Folder",
    "Found",
    "find",
    "read_config",
    "templates_of",
]

JINJA = "chat_template.jinja"
CONFIG = "tokenizer_config.json"
ADDITIONAL = "additional_chat_templates"
_OF_PROCESSORS = ("chat_template.json", "processor_config.json")
_MAP, _ADDED, _WHOLE = "special_tokens_map.json", "added_tokens.json", "tokenizer.json"

_MOST_TEMPLATE = 4 * 2**20  # bytes; what is too long to compile is refused later, in its own words
_MOST_CONFIG = 32 * 2**20
_MOST_WHOLE = 4 * 2**20  # of tokenizer.json, which is read for its list of added tokens alone


class Folder(Protocol):
    """Files by their path in a repository or folder."""

    def read(self, path: str, most: int) -> bytes | None:
        """The bytes of a file, `None` if there is none; one of more than `most` bytes counts as none."""
        ...

    def additional(self) -> Iterable[str]:
        """The paths of the templates in the folder for further ones."""
        ...


@dataclass(frozen=True, slots=True)
class Found:
    """What was found: templates by name (or one without), special tokens, control tokens if told, and the place."""

    templates: str | Mapping[str, str] | None
    special: Special = field(default_factory=Special)
    added: Sequence[tuple[str, bool]] | None = None
    place: str = ""
    control: Sequence[str] | None = None


def find(folder: Folder) -> Found:
    """The templates and special tokens of a repository or folder; `templates` is `None` if no place has one."""
    config = _json(folder, CONFIG, _MOST_CONFIG)
    legacy: Mapping[str, Any] = {}
    if "added_tokens_decoder" not in config:
        legacy = _json(folder, _MAP, _MOST_CONFIG)
    templates, place = _templates(folder, config)
    tokens = merged(config, legacy)
    listed = None if templates is None else _added(folder, config)
    return Found(templates, read_special(tokens), listed, place, _told_control(config))


def read_config(config: Mapping[str, Any]) -> Found:
    """The same of a tokenizer's configuration alone."""
    tokens = merged(config, {})
    templates = templates_of(config.get("chat_template"), CONFIG)
    return Found(templates, read_special(tokens), read_added(config), CONFIG, _told_control(config))


def templates_of(entry: Any, place: str) -> str | dict[str, str] | None:
    """The template, or the templates by name, of an entry `chat_template` in any of its forms."""
    if entry is None:
        return None
    if isinstance(entry, str):
        return _checked(entry, place)
    pairs: Iterable[tuple[Any, Any]] = ()
    if isinstance(entry, Mapping):
        pairs = cast("Mapping[Any, Any]", entry).items()
    elif isinstance(entry, list | tuple):
        pairs = _pairs(cast("Sequence[Any]", entry), place)
    named = {name: source for name, source in pairs}
    if not named or not all(isinstance(k, str) and isinstance(v, str) for k, v in named.items()):
        raise _no_form(place)
    return {name: _checked(source, place) for name, source in named.items()}


def _templates(folder: Folder, config: Mapping[str, Any]) -> tuple[Any, str]:
    """The templates, and where they stood."""
    named: dict[str, str] = {}
    if (source := _text(folder, JINJA)) is not None:
        named["default"] = _checked(source, JINJA)
    for path in sorted(folder.additional()):
        if (source := _text(folder, path)) is not None:
            name = path.removeprefix(f"{ADDITIONAL}/").removesuffix(".jinja")
            named[name] = _checked(source, path)
    if named:
        return (named["default"], JINJA) if list(named) == ["default"] else (named, JINJA)
    for place, entries in _configs(folder, config):
        if (templates := templates_of(entries.get("chat_template"), place)) is not None:
            return templates, place
    return None, ""


def _configs(folder: Folder, config: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    yield CONFIG, config
    for path in _OF_PROCESSORS:
        yield path, _json(folder, path, _MOST_CONFIG)


def _added(folder: Folder, config: Mapping[str, Any]) -> list[tuple[str, bool]] | None:
    """The added tokens, from the smallest file that lists them."""
    if (known := read_added(config)) is not None:
        return known
    whole = folder.read(_WHOLE, _MOST_WHOLE)
    if whole is not None:
        listed = _parsed(whole, _WHOLE).get("added_tokens")
        return added(cast("list[Any]", listed)) if isinstance(listed, list) else None
    names = _json(folder, _ADDED, _MOST_CONFIG)
    return [(name, False) for name in names] or None


def _told_control(config: Mapping[str, Any]) -> list[str] | None:
    """The control tokens that are not special and that the makers of the model named."""
    told = config.get("chat_control_tokens")
    return [str(token) for token in cast("list[Any]", told)] if isinstance(told, list) else None


def _text(folder: Folder, path: str) -> str | None:
    data = folder.read(path, _MOST_TEMPLATE)
    if data is None:
        return None
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as err:
        raise TemplateError(f"{path} is not UTF-8 text: {err.reason}", _AGAIN) from None


def _json(folder: Folder, path: str, most: int) -> Mapping[str, Any]:
    data = folder.read(path, most)
    return {} if data is None else _parsed(data, path)


def _parsed(data: bytes, path: str) -> Mapping[str, Any]:
    try:
        value: Any = json.loads(data.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        raise TemplateError(f"{path} is not JSON, or only the beginning of it", _AGAIN) from None
    if not isinstance(value, dict):
        raise TemplateError(f"{path} holds no JSON object", _AGAIN)
    return cast("dict[str, Any]", value)


def _checked(source: str, place: str) -> str:
    if not source.strip():
        raise TemplateError(f"the chat template in {place} is empty", _AGAIN)
    return source


def _pairs(entries: Sequence[Any], place: str) -> Iterator[tuple[Any, Any]]:
    for entry in entries:
        known = cast("Mapping[Any, Any]", entry if isinstance(entry, Mapping) else {})
        if "name" not in known or "template" not in known:
            raise _no_form(place)
        yield known["name"], known["template"]


def _no_form(place: str) -> TemplateError:
    return TemplateError(
        f"chat_template in {place} has no form that a template has",
        'it is a text, {"name": "text"}, or [{"name": "default", "template": "text"}]',
    )


_AGAIN = "it may be damaged: get the file again, or give another chat_template"
