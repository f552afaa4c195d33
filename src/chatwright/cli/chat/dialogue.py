"""A chat as it is held: ask, stop, ask again. What is typed and how it looks is the business of others."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field, replace
from types import FrameType
from typing import TYPE_CHECKING, Any, cast

from ...agent import Agent
from ...agent.context import counter_of, room_of
from ...agent.journal import Journal, Record
from ...errors import ChatwrightError, JournalError, RunBusy
from ...events import Error, Event, Finish, Malformed, Notice, Text, ToolCall, ToolResult
from ...tools import Tool
from ..screen import Screen
from .page import page
from .talk import MARK, UNDONE, Exchange, Session, forgotten, messages

if TYPE_CHECKING:
    from ...agent.approval import Approver
    from ...model import Model
    from ...request import Message

__all__ = ["Dialogue", "Kept", "stoppable"]


_ALONE = ("nano",)
"""Models that were trained on single questions: an earlier one would be answered again."""


class Kept(Journal):
    """A journal that remembers what kept it from writing."""

    failed: JournalError | None = None

    def begin(self, run_id: str | None, input: Mapping[str, Any]) -> Record:
        try:
            record = super().begin(run_id, input)
        except RunBusy:
            raise
        except JournalError as err:
            self.failed = err
            raise
        add = record.add

        def noted(*rows: tuple[str, Mapping[str, Any]], durable: bool = False) -> None:
            try:
                add(*rows, durable=durable)
            except JournalError as err:
                self.failed = err
                raise

        record.add = noted
        return record


@dataclass(slots=True)
class _Heard:
    """What came of a question so far."""

    text: list[str] = field(default_factory=list[str])
    run_id: str = ""
    acted: bool = False
    finish: Finish | None = None
    error: Error | None = None

    def see(self, event: Event) -> None:
        match event:
            case Text(text):
                self.text.append(text)
            case ToolCall() | Malformed():
                self.text.clear()  # that was no answer yet
            case ToolResult():
                self.acted = True
            case Notice(_, run_id) if run_id:
                self.run_id = run_id
            case Error():
                self.error = event
            case Finish():
                self.finish = event
            case _:
                pass

    def exchange(self, asked: Exchange) -> Exchange:
        """The question with its answer, or with what there is of it."""
        run_id = self.run_id or asked.run_id
        if self.finish is None:
            return replace(asked, answer="".join(self.text), run_id=run_id, end="stopped")
        answer = self.finish.answer or "".join(self.text)
        return replace(asked, answer=answer, run_id=run_id, end=self.finish.stop_reason)


@dataclass(slots=True)
class Dialogue:
    """The exchanges so far, and with whom they are held. `journal=None` keeps them in memory alone.

    `asked` counts how often the model was asked.
    """

    model: Model
    tools: Sequence[Tool]
    journal: Kept | None
    screen: Screen
    spec: str = ""
    system: str = ""
    approve: Approver | None = None
    careful: bool = False
    page: Callable[[bool], Screen] = page
    exchanges: list[Exchange] = field(default_factory=list[Exchange])
    asked: int = 0
    _hidden: int = 0  # of the oldest exchanges, which the model does not get to see
    _told: set[str] = field(default_factory=set[str])

    def ask(self, question: str) -> Exchange:
        """Ask, show what comes, and keep it; Ctrl-C keeps what has come."""
        return self._play(Exchange(question))

    def again(self) -> Exchange | None:
        """Ask the last question again. A run that did not come to its end goes on where it was left."""
        self.settle()
        if not self.exchanges:
            return None
        last = self.exchanges.pop()
        # Not so without the journal: then it is asked anew.
        goes_on = last.goes_on and self.journal is not None
        return self._play(last if goes_on else Exchange(last.question))

    def undo(self) -> Exchange | None:
        """Drop the last exchange, also for who goes on with the chat later."""
        if not self.exchanges:
            return None
        gone = self.exchanges.pop()
        if self.journal and gone.run_id:
            try:
                with self.journal.begin(gone.run_id, {}) as record:
                    record.add((UNDONE, {}))
            except ChatwrightError as err:
                self.screen.notice(f"{err}: --continue will show what was undone")
        return gone

    def restart(self, session: Session | None = None) -> None:
        """Begin afresh, or go on with an earlier chat."""
        self.exchanges = list(session.exchanges) if session else []
        self.system = session.system if session else self.system
        self._hidden = 0
        self._told.clear()

    def use(self, model: Model, spec: str) -> None:
        """Go on with another model, and let go of the one before."""
        old, self.model, self.spec = self.model, model, spec
        self._hidden = 0
        old.close()

    def close(self) -> None:
        """Let go of the model."""
        self.model.close()

    def settle(self) -> None:
        """The last question is over, also where an interrupt at an odd moment left it open, or a kill."""
        if self.exchanges and self.exchanges[-1].is_open:
            end = "stopped" if self.exchanges[-1].answer else "unanswered"
            self.exchanges[-1] = replace(self.exchanges[-1], end=end)

    def in_hands(self, run_id: str) -> bool:
        """Is somebody else answering this right now?"""
        try:
            if self.journal:
                self.journal.begin(run_id, {}).close()
        except RunBusy:
            return True
        return False

    # -- one question -------------------------------------------------------------------------------

    def _play(self, asked: Exchange) -> Exchange:
        self.asked += 1
        heard = self._heard(asked)
        if self.journal and self.journal.failed:
            self._lose_journal(self.journal.failed)
            if not (heard.acted or heard.text):  # it did not come to anything: ask again, in memory
                self.exchanges.pop()
                return self._play(Exchange(asked.question))
            self.screen.notice("this answer may not be whole: /retry asks again")
        found = self.exchanges[-1] = heard.exchange(asked)
        if found.end == "stopped" and heard.finish is None:
            self._seal(found)
            self.screen.notice("stopped")
        return found

    def _heard(self, asked: Exchange) -> _Heard:
        """Everything that comes of a question, shown as it comes."""
        heard = _Heard()
        history = self._history(asked.question)
        after = next((e.run_id for e in reversed(self.exchanges) if e.run_id), None)
        self.exchanges.append(replace(asked, end=""))
        reader = self.page(not self.tools)
        agent = self._agent()
        kept = self.journal is not None
        try:
            events = agent.stream(
                None if asked.run_id else asked.question,
                asked.run_id or None,
                history=history,
                after=after if kept else None,
                note=self._note(),
            )
            with closing(cast("Any", events)):
                for event in events:
                    heard.see(event)
                    if isinstance(event, Notice | Finish):
                        self.exchanges[-1] = heard.exchange(asked)
                    if not (isinstance(event, Error) and self.journal and self.journal.failed):
                        reader.see(event)
        except KeyboardInterrupt:
            reader.close()
        except ChatwrightError as err:  # the run did not begin
            for event in (Error(str(err), err.hint), Finish("", None, "error")):
                heard.see(event)
                if not (self.journal and self.journal.failed):
                    reader.see(event)
        except Exception:
            self.exchanges[-1] = replace(heard.exchange(asked), end="error")
            reader.close()
            raise
        return heard

    def _agent(self) -> Agent:
        return Agent(
            self.model,
            self.tools,
            journal=self.journal,
            approve=self.approve,
            careful=self.careful,
            system=self.system,
        )

    def _note(self) -> dict[str, Any]:
        """What the journal has to know so that the chat can go on."""
        # A password in a URL is not kept, so such a URL is of no use later.
        spec = "" if "://" in self.spec and "@" in self.spec else self.spec
        about = {"spec": spec, "system": self.system}
        return {**MARK, **{name: text for name, text in about.items() if text}}

    def _history(self, question: str) -> Sequence[Message]:
        """The exchanges that the model gets to see, as messages."""
        if self.model.name in _ALONE:
            self._tell_once(
                f"{self.model.name} takes each question by itself: -m names a model that follows a chat"
            )
            return ()
        count = counter_of(self.model)
        room = room_of(self.model, self._reply())
        if room is not None:  # half of it is for the tools, the question and what comes of it
            room = max(0, room // 2 - count(question))
        self._hidden = forgotten(self.exchanges, room, count, self._hidden)
        if self._hidden:
            self._tell_once(
                "the chat is longer than the model's context: it does not see the oldest part any more"
            )
        return messages(self.exchanges[self._hidden :])

    def _tell_once(self, text: str) -> None:
        if self.exchanges and text not in self._told:
            self._told.add(text)
            self.screen.notice(text)

    def _reply(self) -> int:
        from ...agent import Limits

        return Limits().max_reply_tokens or 0

    def _seal(self, cut: Exchange) -> None:
        """Write the end of a stopped run, where the interrupt was faster than the agent."""
        if not (self.journal and cut.run_id):
            return
        with suppress(ChatwrightError), self.journal.begin(cut.run_id, {}) as record:
            if record.rows[-1].kind != "end":
                end = {"type": "finish", "answer": cut.answer, "stop_reason": "stopped"}
                record.add(("end", end))

    def _lose_journal(self, err: JournalError) -> None:
        self.screen.notice(f"{err}: the chat goes on in memory and is not kept")
        with suppress(ChatwrightError):
            if self.journal:
                self.journal.close()
        self.journal = None


@contextmanager
def stoppable() -> Generator[Callable[[], None]]:
    """Ctrl-C as a chat wants it: each raises `KeyboardInterrupt`, but not while the one before is being dealt with.

    What is given says that it has been. The third one leaves the program, whatever hangs.
    """
    pressed = 0

    def press(signum: int, frame: FrameType | None) -> None:
        nonlocal pressed
        pressed += 1
        if pressed == 1:
            raise KeyboardInterrupt
        if pressed > 2:
            os._exit(130)

    def dealt_with() -> None:
        nonlocal pressed
        pressed = 0

    before = signal.signal(signal.SIGINT, press)
    try:
        yield dealt_with
    finally:
        signal.signal(signal.SIGINT, before)
