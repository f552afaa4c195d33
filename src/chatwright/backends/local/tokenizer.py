"""A prompt as token ids, made by the engine's own tokenizer under our rules of trust."""

from __future__ import annotations

import codecs
import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass

from chatwright.errors import BackendError
from chatwright.request import Segment

from .engine import Engine
from .header import Header
from .prompt import Vocabulary, plan

__all__ = ["Tokenizer"]

_APART = -1  # an id that no token has: it marks where a text ends
_LEAD = "\n"
_REMEMBERED = 500_000  # characters whose ids are kept


class Tokenizer:
    """Knows a model's vocabulary and asks its engine."""

    def __init__(self, engine: Engine, header: Header, vocabulary: Vocabulary) -> None:
        self._engine = engine
        self._vocabulary = vocabulary
        self._known = _Memory()
        bos = header.token("bos")
        first = engine.tokenize([""], add_special=True)[:1]
        self._bos = [bos.id] if bos and first == [bos.id] else []
        # This kind of tokenizer begins every text with a space; a text that goes on must not have one.
        spaced = header.metadata.get("tokenizer.ggml.model") == "llama"
        self._lead = engine.tokenize([_LEAD]) if spaced else []

    def prompt(self, segments: Sequence[Segment]) -> list[int]:
        """The ids of a whole prompt, with BOS before them if the model wants it and the prompt has none."""
        ids = self.ids(segments)
        return ids if ids[: len(self._bos)] == self._bos else [*self._bos, *ids]

    def ids(self, segments: Sequence[Segment]) -> list[int]:
        """The ids of a text. No character that is not trusted becomes part of a control token."""
        for wary in (False, True):
            parts = plan(segments, self._vocabulary, wary=wary)
            ids = self._encode(parts)
            # Some tokenizers put a control token together from its letters, special tokens off or not.
            if self._guarded(ids) == self._guarded(parts):
                return ids
        raise BackendError(
            "the model's tokenizer turns plain text into a control token",
            "this file cannot be used safely; choose another conversion of the model",
        )

    def spelled(self, text: str, *, special: bool) -> list[tuple[int, str]]:
        """The ids of a text, each with its part of the text."""
        ids = self.ids([Segment(text, special)])
        decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
        parts = [decoder.decode(piece) for piece in self._engine.pieces(ids)]
        if "".join(parts) == f" {text}":
            parts[0] = parts[0][1:]  # this tokenizer begins every text with a space of its own
        return list(zip(ids, parts, strict=True))

    def _guarded(self, ids: Sequence[int | str]) -> list[int | str]:
        return [i for i in ids if i in self._vocabulary.guarded]

    def _encode(self, parts: Sequence[int | str]) -> list[int]:
        """Ids as they are; texts as the engine reads them, those of earlier prompts from memory."""
        goes_on = (isinstance(before, str) for before in [0, *parts])
        runs = [_Run(p, on) for p, on in zip(parts, goes_on, strict=False) if isinstance(p, str)]
        known = self._known.get(runs)
        if missing := [run for run in dict.fromkeys(runs) if run not in known]:
            known |= self._known.put(dict(zip(missing, self._ask(missing), strict=True)))
        rest = iter(runs)
        found = ([p] if isinstance(p, int) else known[next(rest)] for p in parts)
        return [number for ids in found for number in ids]

    def _ask(self, runs: Sequence[_Run]) -> list[list[int]]:
        """All in one call."""
        content: list[int | str] = []
        for run in runs:
            content += [(_LEAD if self._lead and run.goes_on else "") + run.text, _APART]
        ids = self._engine.tokenize(content)
        answers: list[list[int]] = []
        for run in runs:
            end = ids.index(_APART)
            lead = len(self._lead) if run.goes_on and ids[: len(self._lead)] == self._lead else 0
            answers.append(ids[lead:end])
            del ids[: end + 1]
        return answers


@dataclass(frozen=True, slots=True)
class _Run:
    """A text without control tokens; `goes_on` if another text comes right before it."""

    text: str
    goes_on: bool


class _Memory:
    """The ids of the texts seen last: a conversation grows at its end and is asked for as a whole."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._ids: OrderedDict[_Run, list[int]] = OrderedDict()
        self._size = 0

    def get(self, runs: Sequence[_Run]) -> dict[_Run, list[int]]:
        with self._lock:
            found = {run: self._ids[run] for run in runs if run in self._ids}
            for run in found:
                self._ids.move_to_end(run)
        return found

    def put(self, new: dict[_Run, list[int]]) -> dict[_Run, list[int]]:
        with self._lock:
            for run, ids in new.items():
                if run not in self._ids:
                    self._size += len(run.text)
                self._ids[run] = ids
            while self._size > _REMEMBERED:
                self._size -= len(self._ids.popitem(last=False)[0].text)
        return new
