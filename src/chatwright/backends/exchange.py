"""One request and what is made of its reply, without waiting for anything: bytes in, items out."""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar
from urllib.parse import quote, urljoin, urlsplit

from chatwright.errors import BackendError, BadReply, Interrupted, Refused, UsageError

from .refusal import refusal, request_id
from .retry import retry_after
from .sse import Event, Parser
from .tokens import Origin, origin_of

__all__ = ["Call", "Reader", "Talk", "Whole", "encode", "next_hop", "read_json"]

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)

MAX_BODY = 64 * 2**20
"""How many bytes a reply may have that is read whole."""

_MAX_REFUSAL = 64 * 2**10
_UNZIP_STEP = 2**20
_decode = json.JSONDecoder().raw_decode
_LONE = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Call:
    """A request to a route of the server: a POST of `body` as JSON, or a GET where there is none."""

    route: str
    body: Mapping[str, Any] | None = None
    stream: bool = False

    @property
    def method(self) -> str:
        return "GET" if self.body is None else "POST"


@dataclass(frozen=True, slots=True)
class Whole:
    """A reply read to its end."""

    data: Any
    headers: Mapping[str, str]


class Reader(Protocol[T_co]):
    """Makes items of the events of one stream.

    `done`: nothing that follows can matter. `complete`: the answer is whole, only what is told about it may be
    missing. `partial`: the text so far.
    """

    done: bool
    complete: bool

    @property
    def partial(self) -> str: ...

    def feed(self, event: Event, headers: Mapping[str, str]) -> Sequence[T_co]:
        """The items of one event. Raises what the server tells instead."""
        ...

    def whole(self, data: Any, headers: Mapping[str, str]) -> Sequence[T_co]:
        """The items of a reply that came in one piece although a stream was asked for."""
        ...

    def end(self) -> Sequence[T_co]:
        """The items that waited for the end of the stream; only asked for when `complete`."""
        ...


class Talk(Generic[T]):
    """Reads one reply: a stream of events, a JSON document, or the reason why there is neither."""

    def __init__(self, status: int, headers: Mapping[str, str], reader: Reader[T] | None) -> None:
        self._status, self._headers, self._reader = status, headers, reader
        self._fine = 200 <= status < 300
        self._unzip = _unzipper(headers.get("content-encoding", ""))
        kind = headers.get("content-type", "").partition(";")[0].strip().lower()
        self._parser = Parser() if self._fine and reader and _may_be_events(kind) else None
        self._body: list[bytes] = []
        self._size = 0
        self.moved = False
        """The last bytes were part of the answer, not only a sign of life."""
        self.done = False
        self._wrong: BackendError | None = None

    def feed(self, chunk: bytes) -> Sequence[T]:
        """What these bytes make certain."""
        if self._unzip is None:
            return self._fed(chunk)
        return [item for part in self._unzip(chunk) for item in self._fed(part)]

    def check(self) -> None:
        """Raise what stood behind the last items."""
        if self._wrong is not None:
            raise self._wrong
        if self._parser is not None and not self.done:
            self._parser.check()

    def end(self) -> Sequence[T]:
        """The bytes have ended: what is still owed, or why that was no answer."""
        reader = self._reader
        if self._parser is None or reader is None:
            whole = self.whole()
            return reader.whole(whole.data, whole.headers) if reader else ()
        if reader.complete:
            return () if reader.done else reader.end()
        raise Interrupted(
            "the stream ended before the answer did",
            "try again; if it stays, the server or something before it cuts streams off",
            error_type="cut_off",
            request_id=request_id(self._headers),
            partial=reader.partial,
        )

    def whole(self) -> Whole:
        """The body as JSON, where the server did what it was asked."""
        body = b"".join(self._body)
        if not self._fine:
            raise refusal(self._status, self._headers, body)
        return Whole(read_json(body, self._headers), self._headers)

    def _fed(self, chunk: bytes) -> Sequence[T]:
        reader = self._reader
        if self._parser is None or reader is None:
            self._keep(chunk)
            return ()
        events = self._parser.feed(chunk)
        self.moved = bool(events)
        items: list[T] = []
        for event in events:
            try:
                items += reader.feed(event, self._headers)
            except BackendError as err:  # what stands before it has come, and is given first
                self._wrong = err
                break
            if reader.done:
                self.done = True
                break
        if not items:
            self.check()
        return items

    def _keep(self, chunk: bytes) -> None:
        self._size += len(chunk)
        if not self._fine:
            if self._size <= _MAX_REFUSAL:
                self._body.append(chunk)
            self.done = self._size > _MAX_REFUSAL  # enough to know why
            return
        if self._size > MAX_BODY:
            raise BadReply(f"the reply has more than {MAX_BODY:,} bytes", "is this a model server?")
        self._body.append(chunk)


def encode(body: Mapping[str, Any] | None) -> bytes | None:
    """A body as JSON; what has no JSON is refused."""
    if body is None:
        return None
    try:
        text = json.dumps(body, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
        return text.encode()
    except UnicodeEncodeError as err:
        what = f"half a character (U+{ord(err.object[err.start]):04X})"
    except (TypeError, ValueError, RecursionError) as err:
        what = f"something that JSON cannot say ({err})"
    raise UsageError(
        f"the request holds {what}", "decode texts with errors='replace' where they are read"
    )


def read_json(raw: bytes | str, headers: Mapping[str, str]) -> Any:
    """The JSON that a server sent, halves of characters in it replaced."""
    try:
        if isinstance(raw, bytes):
            raw = raw.decode("utf-8-sig")
        data, end = _decode(raw) if raw.startswith("{") else (None, -1)
        if end != len(raw):  # not what it nearly always is, one object and nothing around it
            data = json.loads(raw)
    except (ValueError, RecursionError) as err:
        shown = raw if isinstance(raw, str) else raw.decode("utf-8", "replace")
        why = err
    else:
        # a surrogate can only come from an escape
        return _whole_characters(data) if "\\ud" in raw or "\\uD" in raw else data
    said = " ".join(shown[:200].split())
    raise BadReply(
        f"the server's reply is no JSON ({why}): {said}" if said else "the server's reply is empty",
        "is this the address of a model server?",
        request_id=request_id(headers),
    )


def _whole_characters(data: Any) -> Any:
    if isinstance(data, str):
        return _LONE.sub("\ufffd", data)
    if isinstance(data, list):
        return [_whole_characters(item) for item in data]  # pyright: ignore[reportUnknownVariableType]
    if isinstance(data, dict):
        return {_whole_characters(k): _whole_characters(v) for k, v in data.items()}  # pyright: ignore[reportUnknownVariableType]
    return data


def next_hop(
    status: int, headers: Mapping[str, str], method: str, target: str, origin: Origin
) -> str | None:
    """Where a redirect leads on this server, None if it is none. One that leaves the server is refused."""
    if status not in (301, 302, 303, 307, 308) or not (place := headers.get("location")):
        return None
    there, leads = "", ""
    try:
        there = urljoin(f"{origin}{target}", quote(place.strip(), safe="/%:@!$&'()*+,;=~-._?#[]"))
        leads = str(origin_of(there))
    except (UsageError, ValueError):
        leads = "an address that cannot be read"
    if leads != str(origin):
        hint = "give its address, if it is the one that you mean: credentials are not taken along"
        raise _refused(status, f"the server sends us to {leads}", hint, headers)
    if method == "POST" and status < 307:
        path = urlsplit(there).path
        raise _refused(
            status, f"the server has moved to {path[:200]}", "give that address", headers
        )
    parts = urlsplit(there)
    return f"{parts.path or '/'}{'?' if parts.query else ''}{parts.query}"


def _refused(status: int, message: str, hint: str, headers: Mapping[str, str]) -> Refused:
    return Refused(
        message, hint, status=status, error_type="redirect", request_id=request_id(headers),
        retry_after=retry_after(headers),
    )  # fmt: skip


def _may_be_events(kind: str) -> bool:
    """A stream, or a reply that does not say what it is."""
    return kind in ("text/event-stream", "", "application/octet-stream", "text/plain")


def _unzipper(encoding: str) -> Any:
    """What undoes the compression of a reply, although we ask for none; a little goes in, and no more comes out at once."""
    encoding = encoding.strip().lower()
    if encoding in ("", "identity"):
        return None
    if encoding not in ("gzip", "x-gzip", "deflate"):
        raise BadReply(
            f"the reply is compressed as {encoding[:20]!r}, which was not asked for",
            "look at what stands before the server",
        )
    machine = zlib.decompressobj(wbits=47)  # either header

    def unzip(chunk: bytes) -> Iterator[bytes]:
        try:
            while chunk:
                yield machine.decompress(chunk, _UNZIP_STEP)
                chunk = machine.unconsumed_tail
        except zlib.error as err:
            why = str(err)
        else:
            return
        raise BadReply(
            f"the reply cannot be decompressed: {why}", "look at what stands before the server"
        )

    return unzip
