"""An agent run for the one thing that it gives at the end, at less cost when nobody watches.

An agent most often begins with `{"input": lambda x: x["input"], ...}` and goes on with a prompt, a model and a
parser. LangChain starts threads for that dictionary and a chain of generators for the rest. With no callback to
tell of it, the few functions are called one after the other, and each step is given what the one before it gave;
the model still streams. Functions that take long are left to LangChain, which runs them side by side.
"""

from __future__ import annotations

import inspect
import threading
import time
from collections.abc import Callable, Sequence
from operator import itemgetter
from typing import Any, cast

from langchain_core.messages import BaseMessage
from langchain_core.output_parsers import BaseOutputParser
from langchain_core.outputs import ChatGeneration, Generation
from langchain_core.prompts import BasePromptTemplate
from langchain_core.runnables import (
    Runnable,
    RunnableLambda,
    RunnableParallel,
    RunnablePassthrough,
    RunnableSequence,
)

__all__ = ["Shortcut"]

_LONG = 0.005  # seconds: below it threads cost more than they save


class Shortcut:
    """Runs an agent to its end, the short way where that makes no difference."""

    def __init__(self, agent: Any) -> None:
        self._agent = agent
        self._functions = _functions(agent)
        self._rest: Sequence[Any] = ()
        if self._functions:
            _, *self._rest = cast("RunnableSequence[Any, Any]", agent).steps

    def run(self, given: dict[str, Any], config: dict[str, Any], left: threading.Event) -> Any:
        """What the agent gives; it is asked for no more once `left` is set."""
        watched = getattr(config["callbacks"], "handlers", True) or config.get("configurable")
        if not self._functions or watched:
            return _streamed(self._agent, given, config, left)
        value: Any = self._filled(given, config)
        for step in self._rest:
            if left.is_set():
                break  # nobody waits for it any more
            value = self._step(step, value, config, left)
        return value

    def _step(self, step: Any, value: Any, config: dict[str, Any], left: threading.Event) -> Any:
        if _is_plain_parser(step) and isinstance(value, str | BaseMessage):
            made = (
                Generation(text=value) if isinstance(value, str) else ChatGeneration(message=value)
            )
            return step.parse_result([made])
        if _is_plain_prompt(step) and isinstance(value, dict) and _has_all(step, value):
            return step.format_prompt(**value)
        if isinstance(step, BasePromptTemplate | BaseOutputParser):
            return cast("Any", step).invoke(value, config)
        return _streamed(step, value, config, left)

    def _filled(self, given: dict[str, Any], config: dict[str, Any]) -> dict[str, Any]:
        """The dictionary at the head."""
        start = time.perf_counter()
        filled = {key: function(given) for key, function in self._functions.items()}
        for key, value in filled.items():
            if isinstance(value, Runnable):  # a function may choose what to run
                filled[key] = cast("Runnable[Any, Any]", value).invoke(given, cast("Any", config))
        if time.perf_counter() - start > _LONG:
            self._functions = {}
        return filled


def _is_plain_parser(step: Any) -> bool:
    """One that does with its input what LangChain's base class does."""
    base: Any = BaseOutputParser
    return isinstance(step, base) and cast("Any", type(step)).invoke is base.invoke


def _is_plain_prompt(step: Any) -> bool:
    base: Any = BasePromptTemplate
    return isinstance(step, base) and cast("Any", type(step)).invoke is base.invoke


def _has_all(prompt: Any, value: Any) -> bool:
    """Without a missing variable, of which LangChain tells in many words."""
    return all(name in value for name in prompt.input_variables)


def _streamed(runnable: Any, given: Any, config: dict[str, Any], left: threading.Event) -> Any:
    """All chunks of a Runnable together."""
    output: Any = None
    chunks = runnable.stream(given, config)
    try:
        for chunk in chunks:
            output = chunk if output is None else output + chunk
            if left.is_set():
                break
    finally:
        if close := getattr(chunks, "close", None):  # any iterator will do
            close()
    return output


def _functions(agent: Any) -> dict[str, Callable[[Any], Any]]:
    """The functions of the dictionary at the head, none if there is anything else in it."""
    if type(agent) is not RunnableSequence:
        return {}
    head = cast("RunnableSequence[Any, Any]", agent).first
    if type(head) is not RunnableParallel:
        return {}
    steps = cast("dict[str, Any]", head.steps__)
    found = {key: _function(step) for key, step in steps.items()}
    return {k: f for k, f in found.items() if f} if all(found.values()) else {}


def _function(step: Any) -> Callable[[Any], Any] | None:
    if type(step) is RunnablePassthrough:
        plain = cast("Any", step).func is None and cast("Any", step).afunc is None
        return (lambda given: given) if plain else None
    is_function = type(step) is RunnableLambda
    function: Any = getattr(cast("Any", step), "func", None) if is_function else None
    if isinstance(function, itemgetter):
        return cast("Callable[[Any], Any]", function)
    if not inspect.isfunction(function):
        return None
    if inspect.isgeneratorfunction(function) or inspect.iscoroutinefunction(function):
        return None
    # One that takes more than its input wants to be told of the run.
    return function if len(inspect.signature(function).parameters) == 1 else None
