"""`Scripted`: a model that answers from a list, for tests and documentation. The rest of the walk is real."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Iterator, Sequence

from .errors import BackendError
from .events import Usage
from .formats import Format
from .model import Model
from .request import End, Piece, Request
from .templates import ChatTemplate

__all__ = ["Scripted"]

Reply = str | Sequence[str] | BaseException

_TEMPLATE = """\
{%- for m in messages -%}
{%- if m.role == 'system' -%}{{ '<|system|>' }}
{%- elif m.role == 'user' -%}{{ '<|user|>' }}
{%- elif m.role == 'assistant' -%}{{ '<|assistant|>' }}
{%- else -%}{{ raise_exception('a scripted model knows no role ' ~ m.role) }}
{%- endif -%}
{{ '\\n' ~ m.content ~ '</s>\\n' }}
{%- endfor -%}
{%- if add_generation_prompt -%}{{ '<|assistant|>\\n' }}{%- endif -%}"""


class Scripted(Model):
    """Gives the replies of a list, one a turn; `requests` holds what it was asked.

    A reply is a text, a list of the pieces it comes in, or an exception to raise. After the last one
    it raises a `BackendError`.

    >>> from chatwright.events import Text
    >>> [e.text for e in Scripted([["Hel", "lo"]]).stream([{"role": "user", "content": "hi"}]) if isinstance(e, Text)]
    ['Hel', 'lo']
    """

    def __init__(
        self, replies: Iterable[Reply], *, format: Format | str = "react_json", end: str = "stop"
    ) -> None:
        self._script = _Script(list(replies), end)
        super().__init__(
            self._script, template=ChatTemplate(_TEMPLATE), format=format, name="scripted"
        )

    @property
    def requests(self) -> list[Request]:
        """The requests so far, in order."""
        return self._script.requests


class _Script:
    """The backend under `Scripted`. Stop strings are honoured as a server honours them."""

    keeps_deadline = True  # it never waits

    def __init__(self, replies: list[Reply], end: str) -> None:
        self._replies, self._end = replies, end
        self.requests: list[Request] = []

    def stream(self, request: Request) -> Iterator[Piece | End]:
        at = len(self.requests)
        self.requests.append(request)
        if at >= len(self._replies):
            raise BackendError(
                f"the script has {len(self._replies)} replies, and this is request {at + 1}",
                "give Scripted(...) one reply for each turn",
            )
        reply = self._replies[at]
        if isinstance(reply, BaseException):
            raise reply
        pieces = [reply] if isinstance(reply, str) else list(reply)
        sent = _cut(pieces, request.stop)
        yield from (Piece(piece) for piece in sent)
        prompt = sum(len(segment.text) for segment in request.prompt) // 4
        yield End(self._end, Usage(prompt, len(sent)))

    async def astream(self, request: Request) -> AsyncIterator[Piece | End]:
        for piece in self.stream(request):
            yield piece


def _cut(pieces: list[str], stop: Sequence[str]) -> list[str]:
    """The pieces up to the first stop string, which may lie across two of them."""
    text = "".join(pieces)
    left = min((at for at in (text.find(s) for s in stop if s) if at >= 0), default=len(text))
    kept: list[str] = []
    for piece in pieces:
        if left <= 0:
            break
        kept.append(piece[:left])
        left -= len(piece)
    return kept
