"""Which chat template a caller means, and the quick look at the Hub for a server's model.

chosen("chatml", ...)                   a built-in format
chosen("path/to/chat_template.jinja")   a file, or a folder with a tokenizer's files
chosen("{% for m in messages %}...")    the template itself
"""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable, Container, Mapping
from pathlib import Path
from typing import Any

from .._hub import cache_folder
from ..errors import ChatwrightError, TemplateError, Unauthorized, did_you_mean
from .builtin import BUILT_IN
from .chat_template import ChatTemplate
from .hub import offline_now

__all__ = ["chosen", "of_model", "quick_look"]

log = logging.getLogger("chatwright")

QUICK_SECONDS = 2.0


def chosen(
    choice: str | os.PathLike[str] | Mapping[str, str] | ChatTemplate,
    *,
    special_tokens: Mapping[str, str] | None = None,
    vocabulary: Container[str] | None = None,
) -> ChatTemplate:
    """The template that `chat_template=` means: a built-in format's name, a file or folder, a text, or a template.

    `special_tokens` are the model's, for a choice that does not bring its own; `vocabulary` is what a built-in
    format's tokens are looked up in.
    """
    if isinstance(choice, ChatTemplate):
        return choice
    tokens: dict[str, Any] = dict(special_tokens or {})
    if isinstance(choice, Mapping):
        return ChatTemplate(choice, origin="given", **tokens)
    text = os.fspath(choice)
    if isinstance(choice, str) and text in BUILT_IN:
        return ChatTemplate.built_in(text, vocabulary=vocabulary, special_tokens=tokens)
    if isinstance(choice, str) and ("{{" in text or "{%" in text):
        return ChatTemplate(text, origin="given", **tokens)
    path = _path(text)
    if path is None:
        raise _unknown(text)
    found = ChatTemplate.from_dir(path) if path.is_dir() else ChatTemplate.from_file(path)
    # A folder tells its own tokens; those of the model fill in what it does not.
    return found.with_tokens({**tokens, **found.special_tokens})


def of_model(model_id: str, *, token: str | bool | None = None) -> ChatTemplate:
    """The template of a model by `org/name`, `org/name@revision`, or the path of a folder."""
    path = _path(model_id)
    if path is not None and path.is_dir():
        return ChatTemplate.from_dir(path)
    repo, _, revision = model_id.strip().partition("@")
    return ChatTemplate.from_hub(repo, revision=revision or None, token=token)


def quick_look(repo: str, seconds: float | None = None) -> ChatTemplate | str:
    """The template of a model that a server named, or why there is none.

    A Hub that fails is waited for `seconds` (two) at most, and is asked once in this process for each model.
    """
    seconds = QUICK_SECONDS if seconds is None else seconds
    where = (repo, os.environ.get("HF_ENDPOINT", ""), str(cache_folder()), offline_now())
    with _LOCK:
        look = _looks.get(where)
        if look is None:
            look = _looks[where] = _Look(lambda: ChatTemplate.from_hub(repo, timeout=seconds))
    return look.wait(seconds)


class _Look:
    """One look in a thread of its own: a name that is not found holds up a thread for longer than any timeout."""

    def __init__(self, find: Callable[[], ChatTemplate]) -> None:
        self._find = find
        self._done = threading.Event()
        self._found: ChatTemplate | str = "the Hub took too long to answer"
        self._late = False
        threading.Thread(target=self._run, name="chat template", daemon=True).start()

    def wait(self, seconds: float) -> ChatTemplate | str:
        """What was found. Who has waited in vain once gets the answer that there is."""
        if not self._late and not self._done.wait(seconds):
            self._late = True
        return self._found

    def _run(self) -> None:
        try:
            self._found = self._find()
        except Unauthorized as err:
            self._found = f"{err} ({err.hint})"
        except ChatwrightError as err:
            self._found = str(err)
        except (
            Exception
        ) as err:  # whatever a stranger's files bring up: the reader of the notice is told
            log.warning("looking for a chat template failed: %s", type(err).__name__)
            self._found = f"looking for it failed ({type(err).__name__})"
        self._done.set()


_LOCK = threading.Lock()
_looks: dict[tuple[str, str, str, bool], _Look] = {}


def _path(text: str) -> Path | None:
    if not text.strip():
        return None
    try:
        path = Path(text).expanduser()
        return path if path.exists() else None
    except (OSError, RuntimeError, ValueError):  # too long, no such user, a zero in it: no path
        return None


def _unknown(text: str) -> TemplateError:
    shown = " ".join(text.split())[:80]
    if "/" in text or "\\" in text or "." in text:
        return TemplateError(
            f"there is no file {shown}",
            "check the path of the chat template; for the template of a model on the Hub give model_id=",
        )
    return TemplateError(
        f"there is no built-in chat format '{shown}'",
        f"{did_you_mean(text, BUILT_IN)}; or give a file, or the text of a template",
    )
