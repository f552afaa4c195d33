"""`Redactor`: takes keys, tokens and passwords out of what is shown, traced or kept.

It knows the secrets that it is told, those of the environment, and the shapes that the usual ones have. A secret
that looks like an ordinary word is not found.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, cast
from urllib.parse import quote, quote_plus

__all__ = ["REDACTED", "Redactor"]

REDACTED = "[redacted]"
_SHORTEST = 8  # a shorter one would be found in ordinary words

_ENVIRONMENT = re.compile(r".*(?:_TOKEN|_KEY|_SECRET|APIKEY)|.*PASSWORD.*")
# The names of fields, in lower case and without - and _. Not every token is a secret one: `page_token` is not.
_FIELD = re.compile(
    r"(?:x|(?:.*(?:access|api|app|auth|bearer|bot|client|csrf|github|hf|hub|id|oauth|private|refresh|security"
    r"|session|user|xsrf))?)token"
    r"|.*(?:password|passwd|passphrase|secret|apikey|accesskey|privatekey|secretkey|authorization|cookie)"
    r"|pwd|cookies"
)


_MAY_NAME_ONE = re.compile(
    r'(?i)(?:pass|pwd|secret|token|key|authorization|cookie)[^"\n]{0,60}"\s*:'
)


@dataclass(frozen=True, slots=True)
class _Shapes:
    """Some kinds of secrets: how they look and what stays, and what a text with one of them has to hold.

    The hint begins with one rare character where it can, since that is found many times faster than anything else.
    """

    hint: Callable[[str], object]
    shapes: tuple[tuple[re.Pattern[str], str | Callable[[re.Match[str]], str]], ...]


@lru_cache(maxsize=1024)
def _is_sensitive(name: str) -> bool:
    """Whether a field of this name holds a secret.

    >>> _is_sensitive("X-API-Key"), _is_sensitive("page_token")
    (True, False)
    """
    return bool(_FIELD.fullmatch(re.sub("[-_ .]", "", name[:100]).lower()))


def _field(found: re.Match[str]) -> str:
    return f"{found[1]}{REDACTED}" if _is_sensitive(found["name"]) else found[0]


def _own(pattern: str) -> tuple[re.Pattern[str], str]:
    """A secret that is known by how it begins, and that is no part of a longer word."""
    return re.compile(rf"(?<![A-Za-z0-9])(?:{pattern})"), REDACTED


def _said(pattern: str) -> tuple[re.Pattern[str], str]:
    """A secret behind words that say that it is one; the words, group 1, stay."""
    return re.compile(pattern, re.IGNORECASE), rf"\g<1>{REDACTED}"


def _hint(pattern: str) -> Callable[[str], object]:
    return re.compile(pattern, re.IGNORECASE).search


def _exact(pattern: str) -> Callable[[str], object]:
    return re.compile(pattern).search


def _names_a_scheme(text: str) -> bool:
    low = text.lower()
    return "bearer" in low or "authorization" in low


_PEM = r"[A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----"
_CUT_OFF = r"(?:(?:\s|\\[nr])*+[A-Za-z0-9+/=]{16,}+)*+"  # the lines of a block without an end
_SECRETS = (
    _Shapes(
        _hint(
            "_(?:(?<=hf_)|(?<=api_org_)|(?<=gh[opusr]_)|(?<=github_pat_)|(?<=[rsp]k_)(?:live|test)_)"
        ),
        (
            _own(r"hf_(?:oauth_)?[A-Za-z0-9]{16,}|api_org_[A-Za-z0-9]{16,}"),
            _own(r"gh[opusr]_[A-Za-z0-9]{16,}|github_pat_\w{16,}"),
            _own(r"[rsp]k_(?:live|test)_[A-Za-z0-9]{10,}"),
        ),
    ),
    _Shapes(
        _hint("-(?:(?<=sk-)|(?<=xox[a-z]-)|(?<=xapp-)|(?<=glpat-)|----BEGIN|(?:key|token))"),
        (
            _own(r"sk-(?:ant|proj|svcacct|admin|or|lf)-[\w-]{10,}"),
            _own(r"sk-(?:[A-Za-z0-9]{20,}[\w-]*|(?=[A-Za-z_-]{0,60}\d)[\w-]{16,})"),
            _own(r"(?:xox[a-z]|xapp)-[\w-]{10,}|glpat-[\w-]{16,}"),
            _own(rf"-----BEGIN {_PEM}(?:[^-]*+(?:-(?!----)[^-]*+)*+-----END {_PEM}|{_CUT_OFF})"),
            _said(
                r"\b((?:api|auth|private|access)-(?:key|token)[\"']?\s{0,8}[:=]\s{0,8}[\"']?)[\w.~+/=-]{16,}"
            ),
        ),
    ),
    _Shapes(_exact("A(?:KIA|SIA|Iza)"), (_own(r"(?:AKIA|ASIA)[0-9A-Z]{16}(?!\w)|AIza[\w-]{30,}"),)),
    _Shapes(_exact("J(?<=eyJ)"), (_own(r"(?<![_-])eyJ[\w-]{5,}\.[\w-]{5,}\.[\w-]*"),)),
    _Shapes(_hint(r"\.(?<=ya29\.)"), (_own(r"ya29\.[\w-]{20,}"),)),
    _Shapes(
        _hint(
            "=(?:(?<=key=)|(?<=token=)|(?<=sig=)|(?<=signature=)|(?<=secret=)|(?<=password=)|(?<=passwd=)"
            "|(?<=pwd=)|(?<=auth=)|(?<=credential=))"
        ),
        (
            _said(
                r"((?:[?&]|&amp;|\\u0026|#(?=access|id_))(?:x-(?:amz|goog|oss)-)?"
                r"(?:(?:(?:api|access|secret|private|subscription)[_-]?)?key"
                r"|(?:(?:access|api|auth|bot|id|oauth|private|refresh|security|session)[_-]?)?token"
                r"|sig|signature|credential|(?:client[_-]?)?secret|password|passwd|pwd|auth)=)"
                r"[^\s&#\"'<>(){},;\\]+"
            ),
            (
                re.compile(  # a line of an .env file
                    r"(?<![\w?&])([A-Z0-9_]*(?:_TOKEN|_KEY|_SECRET|PASSWORD|APIKEY)=[\"']?)"
                    r"[^\s\"'$<>(){},;\\]{8,}+(?![(\"'][\w\"'])"
                ),
                rf"\g<1>{REDACTED}",
            ),
        ),
    ),
    _Shapes(_hint("@"), (_said(r"(?<=://)([^\s/?#:@]*:)[^\s/?#@]+(?=@)"),)),
    _Shapes(
        _hint(r":(?:(?<=[\"']:)|(?<=[\"']\s:))"),
        (
            (
                re.compile(
                    r"((?P<mark>\\?[\"'])(?P<name>[\w .-]{2,60})(?P=mark)\s{0,8}:\s{0,8}(?P<open>\\?[\"']))"
                    r"(?:(?!(?P=open))(?:\\.|[^\\\n]))+"
                ),
                _field,
            ),
        ),
    ),
    _Shapes(
        _names_a_scheme,
        (
            _said(
                r"(authorization[\"']?\s{0,8}[:=,]\s{0,8}[\"']?"
                r"(?:bearer|basic|token|digest|negotiate)\s{1,8})[^\s\"',;\\]+"
            ),
            _said(r"\b(bearer\s{1,8})[\w.~+/=-]{20,}"),
        ),
    ),
)


class Redactor:
    """Puts `[redacted]` where a secret stands.

    `known` are secrets that it is told; to these come the values of the environment's variables that are named
    `..._TOKEN`, `..._KEY`, `..._SECRET` or `...PASSWORD...`. Anything shorter than eight characters is left out.

    >>> Redactor().text("https://serpapi.com/search?q=cats&api_key=0123456789abcdef")
    'https://serpapi.com/search?q=cats&api_key=[redacted]'
    """

    __slots__ = ("_known",)

    def __init__(self, known: Iterable[str] = ()) -> None:
        told = [*known, *(v for k, v in os.environ.items() if _ENVIRONMENT.fullmatch(k.upper()))]
        spelled = {form for secret in told for form in _spellings(secret.strip())}
        self._known = sorted(spelled, key=len, reverse=True)  # one may be a part of another

    def text(self, text: str) -> str:
        """The text without secrets; the same object where it has none."""
        given = text
        for secret in self._known:
            if secret in text:
                text = text.replace(secret, REDACTED)
        for kind in _SECRETS:
            if kind.hint(text):
                for shape, left in kind.shapes:
                    text = shape.sub(left, text)
        return given if text == given else text

    def clean(self, dumped: str) -> bool:
        """Is there surely nothing to redact in a JSON value, by its text? It spares most values the way through `json`."""
        return not _MAY_NAME_ONE.search(dumped) and self.text(dumped) is dumped

    def json(self, value: Any) -> Any:
        """A copy of a JSON value without secrets: fields with a name such as `password` lose their text whole."""
        holder: list[Any] = [value]
        # Not by recursion: what a model sends may be nested deeper than Python calls.
        todo: list[tuple[Any, Any, bool]] = [(holder, 0, False)]
        while todo:
            box, at, sensitive = todo.pop()
            item = box[at]
            if isinstance(item, str):
                box[at] = REDACTED if item and sensitive else self.text(item)
            elif isinstance(item, Mapping):
                box[at] = copy = self._fields(cast("Mapping[Any, Any]", item))
                todo += [(copy, key, _is_sensitive(str(key))) for key in copy]
            elif isinstance(item, list | tuple):
                box[at] = rest = list(cast("Iterable[Any]", item))
                todo += [(rest, n, sensitive) for n in range(len(rest))]
        return holder[0]

    def _fields(self, given: Mapping[Any, Any]) -> dict[Any, Any]:
        """The fields under names without secrets; two that become equal stay two."""
        fields: dict[Any, Any] = {}
        for key, item in given.items():
            clean = self.text(key) if isinstance(key, str) else key
            while clean in fields:
                clean = f"{clean}_"
            fields[clean] = item
        return fields


def _spellings(secret: str) -> Iterator[str]:
    """The secret, and how it stands in a URL or in JSON."""
    if len(secret) < _SHORTEST or secret in REDACTED:
        return
    yield secret
    bare = secret.encode("utf-8", "replace")
    yield from (quote(bare, safe=""), quote_plus(bare), json.dumps(secret)[1:-1])
