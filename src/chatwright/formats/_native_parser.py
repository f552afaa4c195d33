"""Reads a reply that may hold tool calls in a model's own way of writing them, piece by piece.

* Thinking comes first and is Reasoning, whatever stands in it: a call there is a draft.
* Text flows until a mark begins that may open a call. If no call comes of it, the mark was only spoken of.
* Behind a call only further calls count: what else a model writes there was written without seeing a result.
* A reply that begins with text may be a thought whose opening tag never came. There calls wait for the end of the
  reply, and a closing think tag takes them back.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from ..events import Malformed, Reasoning, Text, ToolCall
from ..request import ToolSchema
from ._syntax import Block, BlockReader, Syntax
from ._toolbox import Toolbox
from .plain import PlainParser

__all__ = ["NativeEvent", "NativeParser"]

NativeEvent = Text | Reasoning | ToolCall | Malformed

_MAX_CALLS = 16
_MAX_SHOWN = 2_000
_MAX_REPLY = 2_000_000
_BETWEEN = " \t\r\n,;"
_QUOTES = "`'\"“‘"
# what only a harness writes: a model that goes on with it invents what its call gave
_INVENTED = re.compile(
    r"<\|?tool_res(?:ponse|ult)|\[TOOL_RESULTS\]|<\|(?:im_start|start_header_id|start)\|>|\nObservation:"
)


class NativeParser:
    """Turns one reply into events; `done` once nothing that follows can matter.

    `thinking`: the prompt ended inside an open think tag. `new_id` makes the id of a call.
    """

    def __init__(
        self,
        syntax: Syntax,
        tools: Sequence[ToolSchema],
        *,
        thinking: bool = False,
        new_id: Callable[[str, str], str],
    ) -> None:
        self.done = False
        self._syntax = syntax
        self._tools = Toolbox(tools)
        self._new_id = new_id
        self._tags = syntax.tags
        self._plain = PlainParser(thinking=thinking, tags=syntax.tags)
        marks = sorted(syntax.opens, key=len, reverse=True)
        self._open = re.compile("|".join(map(re.escape, marks)) or r"(?!)")
        self._events: list[NativeEvent] = []
        self._raw = ""
        self._text = ""  # the reply behind its thinking
        self._at = 0  # what stands before it is decided
        self._told = 0  # and was told, but for space that may stand before a call
        self._logged = 0
        self._look = 0
        self._counted = self._fences = (
            0  # how far the fences of the text are counted, and how many there were
        )
        self._count = 0
        self._ids: set[str] = set()
        self._waiting: list[ToolCall] = []
        self._cut = False
        self._reader: BlockReader | None = None
        self._step = self._begin

    def feed(self, text: str) -> list[NativeEvent]:
        """The events that this piece of the reply makes certain."""
        if self.done or not text:
            return []
        self._raw = _joined(self, "_raw", text)
        self._take(self._plain.feed(text))
        return self._run(False)

    def end(self, reason: str = "stop") -> list[NativeEvent]:
        """The events that waited for the end of the reply; `length` says that it was cut there."""
        if self.done:
            return []
        self._cut = reason == "length"
        self._take(self._plain.end(reason))
        return self._run(True)

    def _take(self, events: Sequence[NativeEvent]) -> None:
        for event in events:
            if isinstance(event, Text):
                self._text = _joined(self, "_text", event.text)
            else:
                self._events.append(event)
                self.done = self.done or isinstance(event, Malformed)

    def _run(self, final: bool) -> list[NativeEvent]:
        while not self.done and self._step(final):
            pass
        if not self.done and final:
            self._close()
        if not self.done and len(self._raw) > _MAX_REPLY:
            self._fail("The reply is too long.")
        events, self._events = self._events, []
        return events

    # where the reply begins

    def _begin(self, final: bool) -> bool:
        """See whether the reply starts with a call that has lost its mark."""
        while self._text[self._at : self._at + 1].isspace():
            self._at += 1
        if self._at == len(self._text):
            return False
        if not final and self._may_open(self._at):
            return False
        if not self._open.match(self._text, self._at):
            self._reader = self._syntax.bare(self._at, self._tools)
        self._step = self._read if self._reader else self._scan
        return True

    # text

    def _scan(self, final: bool) -> bool:
        """Text in which a mark may come."""
        found = self._next_mark()
        if found is None:
            self._at = len(self._text) if final else self._safe_end()
            self._tell(self._at, hold=not final)
            return False
        start, thinking = found
        self._at = start
        self._tell(start, hold=True)
        self._step = self._think if thinking else self._read
        self._reader = None if thinking else self._syntax.block(start, self._tools)
        return True

    def _next_mark(self) -> tuple[int, bool] | None:
        """Where the next mark starts, and whether it is one of thinking."""
        opened = self._open.search(self._text, self._at)
        thought = self._tags.open.search(self._text, self._at)
        while thought and not self._on_its_own_line(thought.start()):
            thought = self._tags.open.search(self._text, thought.end())
        if thought and (opened is None or thought.start() < opened.start()):
            return thought.start(), True
        return (opened.start(), False) if opened else None

    def _on_its_own_line(self, at: int) -> bool:
        before = self._text[max(0, at - 100) : at].rpartition("\n")[2]
        return not before.strip() and len(before) < 100

    def _safe_end(self) -> int:
        """How far no mark can begin that the text ends in."""
        longest = max((len(m) for m in (*self._syntax.opens, *self._openers())), default=1)
        for at in range(max(self._at, len(self._text) - longest), len(self._text)):
            if self._may_open(at):
                return at
        return len(self._text)

    def _openers(self) -> list[str]:
        return [opening for opening, _ in self._tags.pairs]

    def _may_open(self, at: int) -> bool:
        tail = self._text[at:]
        marks = self._syntax.opens
        return any(m.startswith(tail) and len(tail) < len(m) for m in marks) or any(
            m.startswith(tail.lower()) for m in self._openers()
        )

    def _tell(self, to: int, *, hold: bool) -> None:
        """Tell the text up to `to`, but for the space at its end, which may stand before a call."""
        part = self._text[self._told : to]
        if hold:
            part = part.rstrip()
        if part:
            self._events.append(Text(part))
            self._told += len(part)

    def _think(self, final: bool) -> bool:
        """A think tag in the midst of a reply: thinking if it is closed again."""
        opened = self._tags.open.match(self._text, self._at)
        inside = opened.end() if opened else self._at
        closed = self._tags.close.search(self._text, max(inside, self._look))
        self._look = max(inside, len(self._text) - 40)
        if closed:
            self._look = 0
            self._events.append(Reasoning(self._text[inside : closed.start()]))
            self._at = self._told = closed.end()
            self._step = self._scan
        elif final and self._open.search(self._text, inside):
            self._fail("The reply ended inside <think>. Think less, then answer.")
        elif final:
            self._at = inside
            self._step = self._scan_rest
        return closed is not None or final

    def _scan_rest(self, final: bool) -> bool:
        """Text behind a think tag that was only spoken of."""
        del final
        self._at = len(self._text)
        return False

    # calls

    def _read(self, final: bool) -> bool:
        if self._reader is None:
            return False
        found = self._reader.step(self._text, final, self._cut)
        if found == "more":
            return False
        self._reader = None
        self._step = self._scan
        if isinstance(found, Block) and self._counts(found):
            self._deliver(found)
            return True
        if self._count:  # what stands behind a call is no text
            self._step = self._doubt
            return True
        mark = self._open.match(self._text, self._at)
        self._at = mark.end() if mark else self._at
        return True

    def _counts(self, block: Block) -> bool:
        """Whether it is a call, and not one that is only shown."""
        spoken = self._quoted() and not self._count
        reading = block.reading
        known = bool(reading.calls) and all(self._tools.find(name) for name, _ in reading.calls)
        return known or not spoken

    def _quoted(self) -> bool:
        """Whether the block stands in quotes or in a fence of text."""
        self._fences += self._text.count("```", self._counted, self._at)
        self._counted = self._at
        return self._text[self._at - 1 : self._at] in tuple(_QUOTES) or self._fences % 2 == 1

    def _deliver(self, block: Block) -> None:
        reading = block.reading
        sure = not self._text[: self._told].strip()
        if reading.problem is not None or self._count + len(reading.calls) > _MAX_CALLS:
            self._fail(reading.problem or f"Ask for at most {_MAX_CALLS} tools at once.")
            return
        if reading.answer is not None:
            self._settle()
            self._events.append(Text(reading.answer))
            self.done = True
            return
        self._waiting += self._made(block)
        self._at = self._told = block.end
        if sure or not self._text[: self._at].strip():
            self._settle()
        self._step = self._behind

    def _made(self, block: Block) -> list[ToolCall]:
        calls: list[ToolCall] = []
        ids = block.ids or ("",) * len(block.reading.calls)
        end = len(self._raw) - len(self._text) + block.end
        for (name, args), said in zip(block.reading.calls, ids, strict=False):
            call_id = self._new_id(name, "" if said in self._ids else said)
            log = self._raw[self._logged : end]
            calls.append(ToolCall(call_id, name, args, log))
            self._logged = end  # the text asked for all of them at once, and is kept once
            self._ids.add(call_id)
        self._count += len(calls)
        return calls

    def _settle(self) -> None:
        self._events += self._waiting
        self._waiting = []

    def _behind(self, final: bool) -> bool:
        """Behind a call: another one, or the end of what counts."""
        text, at = self._text, self._at
        while at < len(text) and text[at] in _BETWEEN:
            at += 1
        closing = next((m for m in self._syntax.closes if text.startswith(m, at)), "")
        if closing:
            self._at = at + len(closing)
            return True
        rest = text[at:]
        marks = (*self._syntax.closes, *self._syntax.opens)
        if not rest or (not final and any(m.startswith(rest) for m in marks)):
            return False
        self._at = at
        if self._open.match(text, at):
            self._reader = self._syntax.block(at, self._tools)
        else:
            self._reader = self._syntax.bare(at, self._tools)
        self._step = self._read if self._reader else self._doubt
        return True

    def _doubt(self, final: bool) -> bool:
        """Hold calls back as long as a closing think tag could say that they were drafts."""
        if not self._waiting:
            self.done = True
            return False
        invented = _INVENTED.search(self._text, self._at)
        closed = self._tags.close.search(self._text, self._at)
        if closed and (not invented or closed.start() < invented.start()):
            self._forget(closed.end())
            return True
        if invented:
            self._settle()
            self.done = True
            return False
        if not final:
            self._at = max(self._at, len(self._text) - 40)
        return False

    def _forget(self, at: int) -> None:
        """The calls were drafts inside of thinking."""
        drafts = "".join(call.log for call in self._waiting)
        self._events.append(Reasoning(drafts))
        self._count -= len(self._waiting)
        self._waiting = []
        self._at = self._told = at
        self._step = self._scan

    def _close(self) -> None:
        """The reply is over, and no step has ended it."""
        self._settle()
        self.done = True
        if self._count:
            return
        self._tell(len(self._text), hold=False)
        if not self._text.strip():
            self._fail("The reply is empty. Write the answer.")

    def _fail(self, reason: str) -> None:
        self._settle()
        self._events.append(Malformed(self._text[:_MAX_SHOWN], reason))
        self.done = True


def _joined(holder: NativeParser, name: str, piece: str) -> str:
    """The text so far with a piece behind it, in linear time over a whole reply."""
    whole: str = getattr(holder, name)
    setattr(holder, name, "")  # one reference only, so that Python can grow the string in place
    whole += piece
    return whole
