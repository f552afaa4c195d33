"""A GGUF file as a text backend: a few threads talk to the engine, and what it says comes through a queue."""

from __future__ import annotations

import asyncio
import os
import queue
import sys
import weakref
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from os import PathLike
from pathlib import Path
from types import MappingProxyType
from typing import Any

from chatwright.backends.closing import Closing
from chatwright.errors import BackendError, ChatwrightError, UsageError
from chatwright.request import End, Piece, Request, Segment

from .answer import Answer
from .body import body, check, grammar_of, room
from .cpus import thread_count
from .engine import Died, Engine, FileId, Settings
from .header import Header, read_header
from .prompt import Vocabulary
from .run import Crew, Item, Run
from .shelf import shelf
from .tokenizer import Tokenizer

__all__ = ["LocalBackend"]

_DEFAULT_CTX = 8192
_POOL_BYTES = 256 * 2**20  # what answers side by side may cost in memory beyond the first
_THRIFT = 8  # how much less than the plain sum some kinds of models get by with
_SLICE = 0.2  # seconds that Ctrl-C may have to wait where the system cannot interrupt a lock


class LocalBackend(Closing):
    """Continues prompts with a GGUF file, in a process that belongs to this one.

    The file's header is read and checked here; the model is loaded on first use. Only the request that needs it
    waits, no other thread and no event loop. Backends of one file share one engine, if it has the context, the slots
    and the threads that they ask for. At most `slots` requests of a backend run side by side; more than these, or
    more than the memory for their tokens holds, wait in line.

    `threads` is how many processors the engine may keep busy; without it, as many as this process may use: what its
    affinity, its container's quota and `OMP_NUM_THREADS` leave.

    What `Sampling` leaves open is temperature 0.8, top_k 40, top_p 0.95, min_p 0.05, no repetition penalty.

    `Logprob`s are those of the model itself, before the constraint and the sampling have had their say. A character
    that is spelled with several tokens is told as one, with the id and the probability of the last of them.
    """

    keeps_deadline = True
    """A request ends by itself at its deadline."""

    def __init__(
        self,
        path: str | PathLike[str],
        *,
        n_ctx: int | None = None,
        slots: int = 4,
        threads: int | None = None,
    ) -> None:
        if slots < 1 or (threads is not None and threads < 1):
            raise UsageError(f"slots={slots}, threads={threads}", "each is at least 1")
        where = Path(path).expanduser()
        file = _identity(where)
        self._header = read_header(where)
        self._vocabulary = Vocabulary(self._header.special)
        self.n_ctx = _context(self._header, n_ctx)
        """The tokens that one prompt and its answer may have together."""
        pool = _pool(self._header, self.n_ctx, slots)
        # The name stays: a split model of the Hub's cache is a link, and its parts are found by their names.
        self._settings = Settings(
            where.parent.resolve() / where.name,
            file,
            self.n_ctx,
            pool,
            slots,
            threads or thread_count(),
        )
        self._crew = Crew(slots)
        self._tokenizer: tuple[Engine, Tokenizer] | None = None
        self._closed = False
        self._user = object()
        weakref.finalize(self, shelf.forget, self._user).atexit = False

    @property
    def path(self) -> Path:
        return self._header.path

    @property
    def metadata(self) -> Mapping[str, Any]:
        """The key-value pairs of the file's header. Of long arrays only the tokens and their types are there."""
        return self._header.metadata

    @property
    def control_tokens(self) -> tuple[str, ...]:
        """The tokens that can steer the model, as they are spelled."""
        return tuple(t.text for t in self._vocabulary.control)

    @property
    def special_tokens(self) -> Mapping[str, str]:
        """The spellings that a chat template asks for: `bos_token`, `eos_token`, `unk_token`, `pad_token`."""
        names = {"bos": "bos", "eos": "eos", "unknown": "unk", "padding": "pad"}
        found = {f"{short}_token": self._header.token(role) for role, short in names.items()}
        return MappingProxyType({name: token.text for name, token in found.items() if token})

    @property
    def chat_template_source(self) -> str | None:
        """The chat template in the file, as Jinja source."""
        source = self.metadata.get("tokenizer.chat_template")
        return source if isinstance(source, str) else None

    def load(self) -> None:
        """Load the model now. Everything else does so when it needs it."""
        self._open()

    def tokenize(self, segments: Sequence[Segment]) -> list[int]:
        """The ids that the model gets for this prompt."""
        return self._open()[1].prompt(segments)

    def tokens(self, text: str, *, special: bool = False) -> list[tuple[int, str]]:
        """The ids of a text, each with the part of the text that it stands for; together they are the text.

        A character that is spelled with several tokens stands beside the last of them. Control tokens count as such
        only with `special`; BOS is left out.
        """
        return self._open()[1].spelled(text, special=special)

    def detokenize(self, ids: Sequence[int]) -> str:
        """What these tokens say; bytes that are no text are shown as \N{REPLACEMENT CHARACTER}."""
        known: Sequence[str] = self.metadata.get("tokenizer.ggml.tokens", ())
        wrong = next((id for id in ids if not 0 <= id < len(known)), None)
        if wrong is not None:
            raise UsageError(f"there is no token {wrong}", f"ids go from 0 to {len(known) - 1}")
        return b"".join(self._open()[0].pieces(ids)).decode(errors="replace")

    def count(self, text: str) -> int:
        """How many tokens a text has that is trusted, its control tokens as one each; BOS is not counted."""
        return len(self._open()[1].ids([Segment(text, True)]))

    def stream(self, request: Request) -> Iterator[Piece | End]:
        """The answer, piece by piece, then its end. Closing the iterator stops the model within a token."""
        check(request)
        box: queue.SimpleQueue[Item] = queue.SimpleQueue()
        run = Run(request, self._answer, box.put)
        try:
            self._hands().add(run)
            while True:
                try:
                    item = box.get(timeout=run.patience(_SLICE))
                except queue.Empty:
                    run.check()
                    continue
                yield _raised(item)
                if isinstance(item, End):
                    return
        finally:
            run.cancel()

    async def astream(self, request: Request) -> AsyncIterator[Piece | End]:
        """The same for an event loop, which never waits for the model."""
        check(request)
        loop = asyncio.get_running_loop()
        box: asyncio.Queue[Item] = asyncio.Queue()

        def put(item: Item) -> None:
            loop.call_soon_threadsafe(box.put_nowait, item)

        run = Run(request, self._answer, put)
        try:
            self._hands().add(run)
            while True:
                try:
                    async with asyncio.timeout(run.patience(None)):
                        item = await box.get()
                except TimeoutError:
                    run.check()
                    continue
                yield _raised(item)
                if isinstance(item, End):
                    return
        finally:
            run.cancel()

    def close(self) -> None:
        """End what still runs and give the engine back. The last backend that does so frees the memory."""
        self._closed, self._tokenizer = True, None
        self._hands().stop("the model was closed")
        shelf.give_back(self._user)

    def __repr__(self) -> str:
        return f"LocalBackend({str(self.path)!r}, n_ctx={self.n_ctx})"

    def _answer(self, run: Run) -> None:
        """Everything between a request and its end, on the request's own thread."""
        try:
            self._answer_with(run)
        except Died:
            if run.heard:
                raise
            self._answer_with(run)  # it died before this request was begun; there is a new one now

    def _answer_with(self, run: Run) -> None:
        request = run.request
        grammar = grammar_of(request.constraint)
        engine, tokenizer = self._open()
        if run.cancelled:  # while the model was loaded
            return
        run.wake = engine.wake
        ids = tokenizer.prompt(request.prompt)
        if not ids:
            raise UsageError("the prompt is empty", "the model needs at least one token to go on")
        limit = room(len(ids), request.max_tokens, self.n_ctx)
        shown = self._vocabulary.shown
        run.answer = Answer(request.stop, len(ids), shown, request.logprobs)
        wanted = body(request, ids, limit, n_ctx=self.n_ctx, grammar=grammar)
        with engine.place(run, len(ids) + limit) as entered:
            if entered:
                engine.generate(run, {**wanted, "preserved_tokens": shown}, run.on_chunk)

    def _hands(self) -> Crew:
        if self._crew.pid != os.getpid():  # the threads stayed behind when this process was forked
            self._crew = Crew(self._settings.slots)
        return self._crew

    def _open(self) -> tuple[Engine, Tokenizer]:
        if self._closed:
            raise _closed()
        engine = shelf.open(self._user, self._settings)
        if self._closed:  # meanwhile
            shelf.give_back(self._user)
            raise _closed()
        known = self._tokenizer
        if known is None or known[0] is not engine:
            known = engine, Tokenizer(engine, self._header, self._vocabulary)
            self._tokenizer = known
        return known


def _closed() -> BackendError:
    return BackendError("this backend is closed", "open the model again")


def _identity(path: Path) -> FileId:
    try:
        return FileId.of(path)
    except FileNotFoundError:
        raise BackendError(f"there is no file {path}", "check the path") from None
    except (OSError, ValueError) as err:
        raise BackendError(f"{path} cannot be read: {err}", "check the path") from err


def _raised(item: Item) -> Piece | End:
    if isinstance(item, ChatwrightError):
        raise item
    return item


def _context(header: Header, n_ctx: int | None) -> int:
    trained = header.of_model("context_length", _DEFAULT_CTX)
    if n_ctx is None:
        return max(1, min(trained, _DEFAULT_CTX))
    if not 1 <= n_ctx <= trained:
        raise UsageError(
            f"n_ctx is {n_ctx}, and this model reads from 1 to {trained} tokens", "leave it out"
        )
    least = n_ctx * _cell(header) // _THRIFT
    if least > (there := _memory()):
        raise BackendError(
            f"a context of {n_ctx:,} tokens takes at least {least / 1e9:,.0f} GB of memory,"
            f" and this machine has {there / 1e9:,.0f} GB",
            "open the model with a smaller n_ctx",
        )
    return n_ctx


def _pool(header: Header, n_ctx: int, slots: int) -> int:
    """Cache cells for all slots together: a whole context each while that is cheap, at least one in all."""
    return min(slots * n_ctx, n_ctx + _POOL_BYTES // _cell(header))


def _cell(header: Header) -> int:
    """The bytes that one token takes in the cache."""
    heads = max(1, header.of_model("attention.head_count", 1))
    width = header.of_model("embedding_length", 1) // heads
    groups = header.of_model("attention.head_count_kv", heads)
    both = header.of_model("attention.key_length", width)
    both += header.of_model("attention.value_length", width)
    return max(1, header.of_model("block_count", 1) * groups * both * 2)


def _memory() -> int:
    """The memory of this machine in bytes; where nobody tells, as if there were no end to it."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, OSError, ValueError):
        return sys.maxsize
