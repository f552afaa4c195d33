"""The scratchpad: what the model gets to see of a run's steps, so that they fit into its context.

    pad = Scratchpad(room_of(model, reply=2048), counter_of(model))
    messages = to_messages(question, pad.shown(run.steps, fixed=tokens_of_all_the_rest))

Trimming goes in batches and is remembered: a step that was once shown in a shorter form stays so, and the many turns
that follow begin with the same text, which the engine has in its cache.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from math import ceil
from typing import Any, cast
from weakref import WeakKeyDictionary

from ..events import Malformed
from ..tools import Tool
from .run import Step

__all__ = ["Scratchpad", "counter_of", "estimate", "room_of"]

_TARGET = 0.6  # of the room: how far a batch goes, so that the next one is many turns away
_TARGET_NEWS = 0.8  # the same where it costs what the model has just learned
_BONES = 0.3  # of the room that old turns may take when nothing but their calls is left
_HEAD = 200  # characters of a long text of an old turn that stay
_SLACK = 100  # characters that are not worth a mark
_LEAST = 40  # characters of the newest results that stay, however little room there is
_MOST = 12  # entries of a long list or object in an old call that stay
_WORD = 16  # characters of a token, at most, where a vocabulary is measured
_AROUND = 16  # tokens that a template writes around a call and its result, about


class Scratchpad:
    """The steps of one run as the model gets to see them, in `room` tokens; `room=None` shows everything.

    `count` tells the tokens of a text; an estimate will do, the more so if `measured` is told what the engine
    counted. With `tools` the model is not invited to repeat a call that changes something.
    """

    def __init__(
        self,
        room: int | None,
        count: Callable[[str], int],
        tools: Mapping[str, Tool] | None = None,
    ) -> None:
        self._room, self._count, self._tools = room, count, tools or {}
        self._entries: list[_Entry] = []
        self._total = 0
        self._asked = 0
        self._scale = 1.0

    def shown(self, steps: Sequence[Step | Malformed], fixed: int = 0) -> list[Step | Malformed]:
        """The steps as they are while they fit beside `fixed` tokens, else shorter, with marks where something is gone.

        First the oldest results go, then the words of old replies, then old turns as a whole; the results of the last
        two turns come last, and something of them always stays.
        """
        if self._room is None:
            return list(steps)
        self._take_in(steps)
        space = max(0, int(self._room / self._scale) - fixed)
        if self._total > space:
            self._trim(space)
        self._asked = fixed + self._total
        return [entry.shown for entry in self._entries if not entry.folded]

    def measured(self, prompt: int) -> None:
        """The engine counted so many tokens in the prompt that held the last `shown`; 0 if it does not tell."""
        if prompt > 0 and self._asked > 0:
            self._scale = min(4.0, max(0.5, prompt / self._asked))

    def _take_in(self, steps: Sequence[Step | Malformed]) -> None:
        """Count what is new. Where the steps are not those of the last time, begin again."""
        known = self._entries
        if len(steps) < len(known) or any(
            e.step is not s for e, s in zip(known, steps, strict=False)
        ):
            self._entries, self._total, known = [], 0, []
        for step in steps[len(known) :]:
            parts = self._parts(step)
            self._entries.append(_Entry(step, parts, step, parts))
            self._total += sum(parts)

    def _parts(self, step: Step | Malformed) -> tuple[int, int]:
        """The tokens of a reply and of what came back. A template writes the reply's words or the call itself."""
        if isinstance(step, Malformed):
            return self._count(step.text) + _AROUND, self._count(step.reason)
        said = step.call.log or step.call.name + _json(step.call.args)
        return self._count(said) + _AROUND, self._count(step.result.text)

    def _trim(self, space: int) -> None:
        """Take away until it fits, and so much more that it fits for some time."""
        old, news = _parted(self._entries)
        target = int(space * _TARGET)
        for entry in old:
            if self._total <= target:
                return
            self._leave_out(entry)
        if self._total <= space:
            return
        for turn in _turns(old):
            if self._total <= target:
                return
            self._lean(turn)
        self._fold(old, int(space * _BONES))
        if self._total > space:
            self._level(news, int(space * _TARGET_NEWS))
        if self._total > space:
            for turn in _turns(news):
                self._lean(turn)

    def _leave_out(self, entry: _Entry) -> None:
        """Only a mark stays of a result that is longer than the mark."""
        if entry.kept != 0 and isinstance(entry.step, Step):
            entry.kept = 0
            self._show(entry)

    def _lean(self, turn: Sequence[_Entry]) -> None:
        """Only the bare calls stay of a reply, and the head of one that could not be read.

        A call keeps its form, for the model copies what it sees, and all calls of a reply go the same way.
        """
        if any(entry.lean or entry.folded for entry in turn):
            return
        if sum(_length(e.step) - _length(_leaned(e.step, 0)) for e in turn) <= _SLACK:
            return
        for entry in turn:
            entry.lean = True
            self._show(entry)

    def _fold(self, old: Sequence[_Entry], most: int) -> None:
        """One step stands for the oldest turns, where the bare calls of old turns alone take more than `most`."""
        left = sum(sum(entry.parts) for entry in old)
        if left <= most:
            return
        gone: list[_Entry] = []
        for turn in _turns(old):
            if left <= most // 2 and not turn[0].folded:
                break
            gone += turn
            left -= sum(sum(entry.parts) for entry in turn)
        if len(gone) < 2:
            return
        for entry in gone[1:]:
            self._total -= sum(entry.parts)
            entry.folded, entry.parts = True, (0, 0)
        gone[0].stands_for, gone[0].lean, gone[0].kept = len(gone), True, 0
        self._show(gone[0])

    def _level(self, news: Sequence[_Entry], target: int) -> None:
        """Cut the longest results of the last turns to one length, so that all steps together reach `target`."""
        cut = [(e, len(e.step.result.text)) for e in news if isinstance(e.step, Step)]
        most = max((length for _, length in cut), default=0)
        spare = target - self._total + sum(entry.parts[1] for entry, _ in cut)
        while most > _LEAST and sum(e.whole[1] * min(1, most / (n or 1)) for e, n in cut) > spare:
            most = int(most * 0.9)
        for entry, length in cut:
            if max(most, _LEAST) < (length if entry.kept is None else entry.kept):
                entry.kept = max(most, _LEAST)
                self._show(entry)

    def _show(self, entry: _Entry) -> None:
        """Write a step anew, in the form that was decided for it."""
        self._total -= sum(entry.parts)
        shown = _leaned(entry.step, entry.whole[0]) if entry.lean else entry.step
        if isinstance(shown, Step):
            shown = replace(shown, result=replace(shown.result, text=self._result(entry)))
        elif entry.stands_for:
            shown = replace(shown, reason=_folded(entry.stands_for))
        entry.shown, entry.parts = shown, self._parts(shown)
        self._total += sum(entry.parts)

    def _result(self, entry: _Entry) -> str:
        step = cast("Step", entry.step)
        text, (words, tokens) = step.result.text, entry.whole
        if entry.stands_for:
            return _folded(entry.stands_for)
        if entry.kept == 0:
            mark = f"[this result was left out to save room: {tokens:,} tokens"
            mark += f"; call {step.call.name} again if you need it]" if self._again(step) else "]"
            text = text if len(text) <= len(mark) else mark
        elif entry.kept:
            text = _head(text, entry.kept, tokens)
        if entry.lean and step.call.log:
            text += f"\n[the words before this call were left out to save room: {words:,} tokens]"
        return text

    def _again(self, step: Step) -> bool:
        tool = self._tools.get(step.call.name)
        return tool is None or tool.idempotent or not tool.writes


def estimate(text: str) -> int:
    """About how many tokens a text has. This is an estimate, for a tokenizer that nobody knows.

    A token for each 4 ASCII characters, for each 1 or 2 letters of other alphabets, for each CJK character.

    >>> estimate("Once upon a time"), estimate("昔々ある所に"), estimate("")
    (4, 6, 0)
    """
    return _weighed(text, 0.25, 0.375)


def counter_of(model: Any) -> Callable[[str], int]:
    """The best count of tokens that costs next to nothing and asks nobody.

    For a model in this process it is an estimate by its vocabulary, within some percent; for a server by no vocabulary
    at all. The engine's and the server's own count takes a way to another process and back, for each text.
    """
    try:
        backend = model.backend
        if (weights := _known.get(backend)) is None:
            weights = _known[backend] = _weights(backend.metadata)
    except Exception:  # any object may stand for a model, and its count is then an estimate
        return estimate
    return lambda text: _weighed(text, *weights)


def room_of(model: Any, reply: int) -> int | None:
    """The tokens that a prompt may have beside `reply` for the answer, with a margin; None where the context is unknown.

    It is never less than a quarter of the context. A server refuses a prompt beside which the longest answer does not
    fit; the engine in this process gives an answer what is left, and a quarter of the context is kept for it at most.
    """
    try:
        context = model.context
        clamps = getattr(getattr(model, "backend", None), "n_ctx", None) is not None
    except Exception:  # a model that cannot tell is one whose context is unknown
        return None
    if not isinstance(context, int) or context <= 0:
        return None
    kept = min(reply, context // 4) if clamps else reply
    return max(context // 4, context - kept - context // 16)


@dataclass(slots=True)
class _Entry:
    """A step as it happened, the tokens of its reply and of its result, and how it is shown."""

    step: Step | Malformed
    whole: tuple[int, int]
    shown: Step | Malformed
    parts: tuple[int, int]
    kept: int | None = None  # characters of the result; None: all, 0: a mark alone
    lean: bool = False
    stands_for: int = 0  # steps, this one among them
    folded: bool = False  # one before it stands for it


def _parted(entries: Sequence[_Entry]) -> tuple[list[_Entry], list[_Entry]]:
    """The entries of old turns, and those of the last two."""
    turns = list(_turns(entries))
    return [e for turn in turns[:-2] for e in turn], [e for turn in turns[-2:] for e in turn]


def _turns(entries: Iterable[_Entry]) -> Iterator[list[_Entry]]:
    """The entries by turns of the model: calls of one reply together, a reply that could not be read alone."""

    def turn(numbered: tuple[int, _Entry]) -> tuple[bool, int]:
        at, entry = numbered
        return (True, entry.step.turn) if isinstance(entry.step, Step) else (False, at)

    for _, found in groupby(enumerate(entries), turn):
        yield [entry for _, entry in found]


def _length(step: Step | Malformed) -> int:
    """The characters of a reply."""
    if isinstance(step, Malformed):
        return len(step.text)
    return len(step.call.log) or len(_json(step.call.args))


def _leaned(step: Step | Malformed, tokens: int) -> Step | Malformed:
    """The step with no words around its call; of a reply that could not be read, the head."""
    if isinstance(step, Malformed):
        return replace(step, text=_head(step.text, _HEAD, tokens))
    return replace(step, call=replace(step.call, args=_short(step.call.args), log=""))


def _short(value: Any) -> Any:
    """Arguments whose long texts, lists and objects keep their heads."""
    if isinstance(value, str):
        return _head(value, _HEAD, estimate(value))
    if isinstance(value, dict):
        pairs = list(cast("dict[str, Any]", value).items())
        more = {"…": f"[{len(pairs) - _MOST:,} more]"} if len(pairs) > _MOST else {}
        return {key: _short(item) for key, item in pairs[:_MOST]} | more
    if isinstance(value, list):
        items = cast("list[Any]", value)
        more = [f"[… {len(items) - _MOST:,} more]"] if len(items) > _MOST else []
        return [_short(item) for item in items[:_MOST]] + more
    return value


def _head(text: str, most: int, tokens: int) -> str:
    """The first `most` characters of a text of so many tokens, and a mark."""
    if len(text) <= most + _SLACK:
        return text
    gone = max(1, tokens * (len(text) - most) // len(text))
    return f"{text[:most]} … [the rest was left out to save room: {gone:,} tokens]"


def _folded(steps: int) -> str:
    return f"[this and the next {steps - 1:,} steps were left out to save room]"


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)


def _weighed(text: str, letter: float, byte: float) -> int:
    """So much for each character, and so much for each byte of UTF-8 beyond its first."""
    letters = len(text)
    more = 0 if text.isascii() else len(text.encode("utf-8", "surrogatepass")) - letters
    return ceil(letters * letter + more * byte)


_known: WeakKeyDictionary[Any, tuple[float, float]] = WeakKeyDictionary()

# What agents read: prose, a call, figures, a table, a path. And text that is not ASCII.
_LATIN = """\
Thought: I need to find out when the bridge was opened, and how long it is today.
{"action": "Search", "action_input": {"query": "longest suspension bridge", "limit": 10}}
[bridges.md] The Akashi Kaikyo Bridge was completed in 1998; its central span is 1,991 metres long.
| id | name | price |\n| 42 | Widget | 18.75 |\nerror: no such file: /var/lib/data/report_2024.csv
"""
_OTHER = "昔々ある所に、お爺さんがいました。我们今天去北京。Мы читаем книгу вечером. Η γάτα κοιμάται. café über"


def _weights(metadata: Mapping[str, Any]) -> tuple[float, float]:
    """What a vocabulary makes of a character, and of a further byte: measured with its longest words first."""
    spaced = metadata["tokenizer.ggml.model"] != "gpt2"
    vocabulary = frozenset(cast("Sequence[str]", metadata["tokenizer.ggml.tokens"]))
    letter = _spent(_LATIN, vocabulary, spaced) / len(_LATIN)
    more = len(_OTHER.encode()) - len(_OTHER)
    byte = (_spent(_OTHER, vocabulary, spaced) - letter * len(_OTHER)) / more
    return letter, max(0.0, byte)


def _spent(text: str, vocabulary: frozenset[str], spaced: bool) -> int:
    """How many tokens a text takes, always the longest that fits; about what a tokenizer finds."""
    at, tokens = 0, 0
    letters = _bytes_as_letters()
    written = text.replace(" ", "▁") if spaced else "".join(letters[b] for b in text.encode())
    while at < len(written):
        fits = (
            n
            for n in range(min(_WORD, len(written) - at), 0, -1)
            if written[at : at + n] in vocabulary
        )
        step = next(fits, 0)
        tokens += 1 if step else len(written[at].encode())  # what has no token is spelled in bytes
        at += step or 1
    return tokens


def _bytes_as_letters() -> list[str]:
    """How vocabularies of the kind "gpt2" write each byte: what can be seen as itself, the rest further up."""
    seen = {*range(33, 127), *range(161, 173), *range(174, 256)}
    hidden = iter(range(256, 512))
    return [chr(byte if byte in seen else next(hidden)) for byte in range(256)]
