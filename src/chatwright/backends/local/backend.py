"""A GGUF file as a text backend: requests run on threads of their own, their pieces come through a queue."""

from __future__ import annotations

import asyncio
import queue
import threading
import weakref
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from os import PathLike
from pathlib import Path
from types import MappingProxyType, TracebackType
from typing import Any, Self

from chatwright.errors import BackendError, ChatwrightError, UsageError
from chatwright.request import End, Piece, Request, Segment

from .answer import Answer
from .body import body, check, grammar_of, room
from .cpus import thread_count
from .engine import Engine, Settings, lease, release
from .header import Header, read_header
from .prompt import Vocabulary
from .run import Item, Run
from .tokenizer import Tokenizer

__all__ = ["LocalBackend"]

_DEFAULT_CTX = 8192
_POOL_BYTES = 256 * 2**20  # what answers side by side may cost in memory beyond the first
_SLICE = 0.2  # seconds that Ctrl-C may have to wait where the system cannot interrupt a lock


class LocalBackend:
    """Continues prompts with a GGUF file, in this process.

    The file's header is read and checked here; the model is loaded on first use, on a thread of its own. Loading
    holds the interpreter's lock: call `load` before an event loop starts if that pause would hurt. Backends with
    equal settings share one engine. Requests beyond `slots`, or beyond the memory for their tokens, wait in line.

    What `Sampling` leaves open is temperature 0.8, top_k 40, top_p 0.95, min_p 0.05, no repetition penalty.
    """

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
        self._header = read_header(Path(path).expanduser())
        self._vocabulary = Vocabulary(self._header.special)
        self.n_ctx = _context(self._header, n_ctx)
        """The tokens that one prompt and its answer may have together."""
        pool = _pool(self._header, self.n_ctx, slots)
        where = self._header.path.resolve()
        self._settings = Settings(where, pool, slots, threads or thread_count())
        self._lock = threading.Lock()
        self._loaded: tuple[Engine, Tokenizer] | None = None
        self._closed = False
        self._release: Callable[[], Any] = lambda: None

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

    def count(self, text: str) -> int:
        """How many tokens a text has that is trusted, its control tokens as one each; BOS is not counted."""
        return len(self._open()[1].ids([Segment(text, True)]))

    def stream(self, request: Request) -> Iterator[Piece | End]:
        """The answer, piece by piece, then its end. Closing the iterator stops the model within a token."""
        check(request)
        box: queue.SimpleQueue[Item] = queue.SimpleQueue()
        run = Run(request, self._answer, box.put)
        try:
            while True:
                try:
                    item = box.get(timeout=run.patience(_SLICE))
                except queue.Empty:
                    run.check_deadline()
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
            while True:
                try:
                    async with asyncio.timeout(run.patience(None)):
                        item = await box.get()
                except TimeoutError:
                    run.check_deadline()
                    continue
                yield _raised(item)
                if isinstance(item, End):
                    return
        finally:
            run.cancel()

    def close(self) -> None:
        """Give the engine back. The last backend that does so ends what still runs and frees the memory."""
        with self._lock:
            self._closed, self._loaded = True, None
        self._release()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"LocalBackend({str(self.path)!r}, n_ctx={self.n_ctx})"

    def _answer(self, run: Run) -> None:
        """Everything between a request and its end, on the request's own thread."""
        request = run.request
        grammar = grammar_of(request.constraint)
        engine, tokenizer = self._open()
        run.wake = engine.wake
        ids = tokenizer.prompt(request.prompt)
        if not ids:
            raise UsageError("the prompt is empty", "the model needs at least one token to go on")
        limit = room(len(ids), request.max_tokens, self.n_ctx)
        shown = self._vocabulary.shown
        run.answer = Answer(request.stop, len(ids), shown)
        wanted = body(request, ids, limit, n_ctx=self.n_ctx, grammar=grammar)
        with engine.place(run, len(ids) + limit) as entered:
            if entered:
                engine.generate({**wanted, "preserved_tokens": shown}, run.on_chunk)

    def _open(self) -> tuple[Engine, Tokenizer]:
        with self._lock:
            if self._closed:
                raise BackendError("this backend is closed", "open the model again")
            if self._loaded is None:
                engine = _load_apart(self._settings)
                self._release = weakref.finalize(self, release, self._settings)
                self._loaded = engine, Tokenizer(engine, self._header, self._vocabulary)
            self._loaded[0].check_process()
            return self._loaded


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
    return n_ctx


def _pool(header: Header, n_ctx: int, slots: int) -> int:
    """Cache cells for all slots together: a whole context each while that is cheap, at least one in all."""
    heads = max(1, header.of_model("attention.head_count", 1))
    width = header.of_model("embedding_length", 1) // heads
    groups = header.of_model("attention.head_count_kv", heads)
    both = header.of_model("attention.key_length", width)
    both += header.of_model("attention.value_length", width)
    cell = max(1, header.of_model("block_count", 1) * groups * both * 2)
    return min(slots * n_ctx, n_ctx + _POOL_BYTES // cell)


def _load_apart(settings: Settings) -> Engine:
    """Load on a thread of its own, for the caller's may be that of an event loop."""
    box: list[Engine | BaseException] = []

    def load() -> None:
        try:
            box.append(lease(settings))
        except BaseException as err:  # raised again below, where the caller reads it
            box.append(err)

    thread = threading.Thread(target=load, name="chatwright-load", daemon=True)
    thread.start()
    thread.join()
    if isinstance(box[0], BaseException):
        raise box[0]
    return box[0]
