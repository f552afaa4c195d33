"""The values of `format`: what a string must be to have one, and the pattern by which we write one.

We write what everyone takes. We read a little more: a time without its offset, which is what Python writes.
"""

from __future__ import annotations

import re
from base64 import b64decode
from collections.abc import Callable, Mapping
from datetime import date, timedelta
from ipaddress import IPv4Address, IPv6Address
from typing import Any

from ..errors import ConstraintError

__all__ = ["BOUNDS", "NO_MEANING", "READ", "WRITE"]

_MONTH_DAY = (
    r"(?:(?:0[13578]|1[02])-(?:0[1-9]|[12]\d|3[01])|(?:0[469]|11)-(?:0[1-9]|[12]\d|30)"
    r"|02-(?:0[1-9]|1\d|2[0-8]))"
)
_YEAR = r"(?:[1-9]\d{3}|0[1-9]\d{2}|00[1-9]\d|000[1-9])"
_LEAP_YEAR = r"(?:\d\d(?:0[48]|[2468][048]|[13579][26])|(?:0[48]|[2468][048]|[13579][26])00)"
_DATE = rf"(?:{_YEAR}-{_MONTH_DAY}|{_LEAP_YEAR}-02-29)"
_CLOCK = r"(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{1,9})?"
_OFFSET = r"(?:Z|[+-](?:[01]\d|2[0-3]):[0-5]\d)"
_SPAN = r"T(?:\d{1,4}H(?:\d{1,4}M(?:\d{1,4}S)?)?|\d{1,4}M(?:\d{1,4}S)?|\d{1,4}S)"
_DURATION = (
    rf"P(?:\d{{1,4}}W|{_SPAN}|(?:\d{{1,4}}Y(?:\d{{1,4}}M(?:\d{{1,4}}D)?)?"
    rf"|\d{{1,4}}M(?:\d{{1,4}}D)?|\d{{1,4}}D)(?:{_SPAN})?)"
)
_LABEL = r"[A-Za-z0-9]{1,20}(?:-[A-Za-z0-9]{1,20}){0,2}"
_HOST = rf"{_LABEL}(?:\.{_LABEL}){{0,3}}"
_OCTET = r"(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)"
_IPV4 = rf"{_OCTET}(?:\.{_OCTET}){{3}}"
_H = r"[0-9a-f]{1,4}"
_IPV6 = "(?:" + "|".join(
    (
        *(f"(?:{_H}:){{7}}{_H}", f"(?:{_H}:){{1,7}}:", f"(?:{_H}:){{1,6}}:{_H}"),
        *(f"(?:{_H}:){{1,{n}}}(?::{_H}){{1,{7 - n}}}" for n in (5, 4, 3, 2)),
        *(f"{_H}:(?::{_H}){{1,6}}", f":(?:(?::{_H}){{1,7}}|:)"),
    )
) + ")"  # fmt: skip
_PATH_CHAR = r"(?:[A-Za-z0-9._~!$&'()*+,;=:@-]|%[0-9A-F]{2})"
_PATH = rf"(?:/{_PATH_CHAR}{{0,100}}){{0,10}}"
_TAIL = rf"{_PATH}(?:\?(?:{_PATH_CHAR}|[/?]){{0,200}})?(?:#(?:{_PATH_CHAR}|[/?]){{0,100}})?"
_URI = rf"[a-z][a-z0-9+.-]{{0,15}}://{_HOST}(?::[0-9]{{1,4}})?{_TAIL}"
_UUID = "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
_BASE64 = r"(?:[A-Za-z0-9+/]{4}){0,250}(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?"
_POINTER = r"(?:/(?:[A-Za-z0-9 _.!?+-]|~[01]){0,60}){0,10}"

_WRITE: Mapping[str, str] = {
    "date": _DATE,
    "time": f"{_CLOCK}{_OFFSET}",
    "date-time": f"{_DATE}T{_CLOCK}{_OFFSET}",
    "duration": _DURATION,
    "email": rf"[A-Za-z0-9]{{1,20}}(?:[._+-][A-Za-z0-9]{{1,20}}){{0,2}}@{_LABEL}(?:\.{_LABEL}){{0,2}}\.[A-Za-z]{{2,10}}",
    "hostname": _HOST,
    "ipv4": _IPV4,
    "ipv6": _IPV6,
    "ipvanyaddress": f"{_IPV4}|{_IPV6}",
    "uri": _URI,
    "url": _URI,
    "uri-reference": f"{_URI}|/{_PATH_CHAR}{{0,100}}{_TAIL}",
    "uri-template": _URI,
    "uuid": _UUID,
    **{
        f"uuid{n}": f"[0-9a-f]{{8}}-[0-9a-f]{{4}}-{n}[0-9a-f]{{3}}-[89ab][0-9a-f]{{3}}-[0-9a-f]{{12}}"
        for n in "134567"
    },
    "json-pointer": _POINTER,
    "relative-json-pointer": f"(?:0|[1-9][0-9]{{0,3}})(?:#|{_POINTER})",
    "byte": _BASE64,
    "base64": _BASE64,
}
WRITE: Mapping[str, str] = {
    **_WRITE,
    "idn-email": _WRITE["email"],
    "idn-hostname": _WRITE["hostname"],
    "iri": _WRITE["uri"],
    "iri-reference": _WRITE["uri-reference"],
}
"""The patterns by which we write."""

BOUNDS: Mapping[str, tuple[int, int]] = {
    **{f"int{n}": (-(2 ** (n - 1)), 2 ** (n - 1) - 1) for n in (8, 16, 32, 64)},
    **{f"uint{n}": (0, 2**n - 1) for n in (8, 16, 32, 64)},
}
"""The formats of whole numbers are bounds."""

NO_MEANING = frozenset(
    (
        *("password", "path", "file-path", "directory-path", "binary", "textarea", "markdown"),
        *("color", "float", "double", "decimal", "json-string", "text", "html", "multi-line"),
        *("string", "integer", "number", "uint", "int", "year", "char"),
    )
)
"""Formats that say how a value is shown or stored, not what it is."""

_FULL_TIME = re.compile(r"(\d\d):(\d\d)(?::(\d\d)(?:[.,]\d{1,30})?)?(?:[Zz]|([+-])(\d\d):?(\d\d))?")
_FULL_DATE = re.compile(r"\d{4}-\d\d-\d\d")
_ISO_DURATION = re.compile(
    r"P(?=.)(?:\d+W|(?:\d+Y)?(?:\d+M)?(?:\d+D)?(?:T(?=.)(?:\d+H)?(?:\d+M)?(?:\d+(?:[.,]\d+)?S)?)?)"
)
_ATOM = r"[^\s@\"(),:;<>\[\]\\]+"
_MAILBOX = re.compile(rf"(?:{_ATOM}|\"(?:[^\"\\\r\n]|\\.)*\")@[^\s@]+")
_HOST_LABEL = re.compile(r"[^\W_](?:(?:[^\W_]|-){0,61}[^\W_])?")
_URI_CHARS = re.compile(r"(?:[\w.~:/?#\[\]@!$&'()*+,;=-]|%[0-9A-Fa-f]{2})*")
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
_AUTHORITY = re.compile(r"[^/?#\[\]]*@?(?:\[[0-9A-Fa-f:.]+\]|[^\[\]@:/?#]*)(?::\d*)?")
_JSON_POINTER = re.compile(r"(?:/(?:[^~/]|~[01])*)*")
_RELATIVE = re.compile(r"(?:0|[1-9]\d*)(?:#|(?:/(?:[^~/]|~[01])*)*)")
_TEMPLATE = re.compile(r"(?:[^{}\s]|\{[+#./;?&=,!@|]?[\w.%,:*]+\})*")
_UUID_TEXT = re.compile(_UUID, re.IGNORECASE)


def _is_date(text: str) -> bool:
    if not _FULL_DATE.fullmatch(text) or not text.isascii():
        return False
    date.fromisoformat(text)
    return True


def _is_time(text: str) -> bool:
    found = _FULL_TIME.fullmatch(text)
    if found is None or not text.isascii():
        return False
    hour, minute, second = int(found[1]), int(found[2]), int(found[3] or 0)
    ahead = timedelta(hours=int(found[5] or 0), minutes=int(found[6] or 0))
    if (
        hour > 23
        or minute > 59
        or second > 60
        or ahead >= timedelta(days=1)
        or int(found[6] or 0) > 59
    ):
        return False
    if second < 60:
        return True
    # a leap second ends a day in UTC, and nothing else
    there = timedelta(hours=hour, minutes=minute) + (ahead if found[4] == "-" else -ahead)
    return there % timedelta(days=1) == timedelta(hours=23, minutes=59)


def _is_date_time(text: str) -> bool:
    return len(text) > 10 and text[10] in "Tt " and _is_date(text[:10]) and _is_time(text[11:])


def _is_host(text: str) -> bool:
    labels = text.removesuffix(".").split(".")
    return len(text) <= 253 and all(_HOST_LABEL.fullmatch(label) for label in labels)


def _is_ascii_host(text: str) -> bool:
    return text.isascii() and _is_host(text)


def _is_email(text: str) -> bool:
    if not _MAILBOX.fullmatch(text) or ".." in (local := text.rpartition("@")[0]):
        return False
    host = text.rpartition("@")[2]
    quoted = local.startswith('"')
    if not quoted and (local.startswith(".") or local.endswith(".")):
        return False
    if host.startswith("["):
        return host.endswith("]") and _is_address(host[1:-1].removeprefix("IPv6:"))
    return _is_host(host)


def _is_address(text: str) -> bool:
    return _is_ipv6(text) if ":" in text else _is_ipv4(text)


def _is_ipv4(text: str) -> bool:
    IPv4Address(text)
    return text.isascii()


def _is_ipv6(text: str) -> bool:
    IPv6Address(text)
    return "%" not in text and text.isascii()


def _is_reference(text: str) -> bool:
    return text.isascii() and _is_iri_reference(text)


def _is_iri_reference(text: str) -> bool:
    if not _URI_CHARS.fullmatch(text) or text.count("#") > 1:
        return False
    scheme = _SCHEME.match(text)
    rest = text[scheme.end() if scheme else 0 :]
    if rest.startswith("//"):
        return bool(_AUTHORITY.fullmatch(re.split("[/?#]", rest[2:], maxsplit=1)[0]))
    return not set("[]") & set(rest) and (
        scheme is not None or ":" not in re.split("[/?#]", rest)[0]
    )


def _is_iri(text: str) -> bool:
    return bool(_SCHEME.match(text)) and _is_iri_reference(text)


def _is_base64(text: str) -> bool:
    b64decode(text, validate=True)
    return True


def _is_regex(text: str) -> bool:
    try:
        from .._lang.regex import parse

        parse(text)
    except ConstraintError:
        re.compile(text)  # what we do not read may still be one
    return True


def _is_uuid(text: str, version: str = "") -> bool:
    return bool(_UUID_TEXT.fullmatch(text)) and (not version or text[14] == version)


def _no_error(fits: Callable[[str], bool]) -> Callable[[str], bool]:
    def safe(text: str) -> bool:
        try:
            return fits(text)
        except (ValueError, re.error, RecursionError, OverflowError):
            return False

    return safe


_READ: dict[str, Callable[[str], Any]] = {
    "date": _is_date,
    "time": _is_time,
    "date-time": _is_date_time,
    "duration": lambda t: bool(_ISO_DURATION.fullmatch(t)) and t.isascii(),
    "email": lambda t: t.isascii() and _is_email(t),
    "idn-email": _is_email,
    "hostname": _is_ascii_host,
    "idn-hostname": _is_host,
    "ipv4": _is_ipv4,
    "ipv6": _is_ipv6,
    "ipvanyaddress": _is_address,
    "uri": lambda t: t.isascii() and _is_iri(t),
    "url": lambda t: t.isascii() and _is_iri(t),
    "uri-reference": _is_reference,
    "iri": _is_iri,
    "iri-reference": _is_iri_reference,
    "uri-template": lambda t: bool(_TEMPLATE.fullmatch(t)),
    "uuid": _is_uuid,
    **{f"uuid{n}": lambda t, n=n: _is_uuid(t, n) for n in "134567"},
    "json-pointer": lambda t: bool(_JSON_POINTER.fullmatch(t)),
    "relative-json-pointer": lambda t: bool(_RELATIVE.fullmatch(t)),
    "regex": _is_regex,
    "byte": _is_base64,
    "base64": _is_base64,
}
READ: Mapping[str, Callable[[str], bool]] = {name: _no_error(f) for name, f in _READ.items()}
"""For each format, whether a string has it."""
