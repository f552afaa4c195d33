"""What a journal keeps of LangChain's objects, as plain JSON, and the objects again. Nothing is imported by a name in it."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping, Sequence
from typing import Any, cast

from langchain_core.agents import AgentAction, AgentActionMessageLog, AgentFinish
from langchain_core.messages import BaseMessage, messages_from_dict

from chatwright.events import ToolCall

__all__ = [
    "action_of",
    "finish_of",
    "inputs_of",
    "keep_actions",
    "keep_finish",
    "keep_inputs",
    "plain",
    "same_inputs",
]

log = logging.getLogger("chatwright")

Json = dict[str, Any]

_OF_AN_ACTION = ("tool", "tool_input", "log", "message_log", "type")
_NOT_COMPARED = ("id", "response_metadata", "usage_metadata")  # of messages: they may differ anew


def keep_inputs(inputs: Mapping[str, Any]) -> Json:
    """The inputs of a run: messages and what is JSON can be had again, of anything else only a text is kept."""
    kept: dict[str, Json] = {"values": {}, "messages": {}, "texts": {}}
    for key, value in inputs.items():
        if _is_messages(value):
            one = isinstance(value, BaseMessage)
            told = [_message(each) for each in ([value] if one else value)]
            kept["messages"][key] = told[0] if one else told
        elif (found := _json(value)) is not _NO:
            kept["values"][key] = found
        else:
            kept["texts"][key] = str(value)
    return {kind: each for kind, each in kept.items() if each}


def inputs_of(kept: Mapping[str, Any], given: Mapping[str, Any]) -> Json:
    """Those inputs again that are not given, without those that only a text was kept of."""
    found: Json = dict(kept.get("values", {}))
    for key, told in cast("Json", kept.get("messages", {})).items():
        if key not in given:
            one = isinstance(told, dict)
            messages = _messages(cast("list[Json]", [told] if one else told))
            found[key] = messages[0] if one else messages
    return {key: value for key, value in found.items() if key not in given}


def same_inputs(kept: Mapping[str, Any], given: Mapping[str, Any]) -> bool:
    """Whether the inputs that are given are those of the run; of what is only a text nobody can say."""
    for kind in ("values", "messages"):
        for key, value in cast("Json", given.get(kind, {})).items():
            was = cast("Json", kept.get(kind, {})).get(key, _NO)
            if _compared(was, kind) != _compared(value, kind):
                return False
    return True


def keep_actions(actions: Mapping[str, AgentAction], calls: Sequence[ToolCall]) -> Json:
    """What the calls do not tell of their actions. Messages that several of them hold are kept once."""
    logs: list[list[BaseMessage]] = []
    kept: list[Json] = []
    for call in calls:
        action = actions[call.id]
        told: Json = {}
        if action.tool != call.name:
            told["tool"] = action.tool
        if action.tool_input != call.args or isinstance(action.tool_input, str):
            told["input"] = plain(action.tool_input)
        if isinstance(action, AgentActionMessageLog):
            said = list(action.message_log)
            if said not in logs:
                logs.append(said)
            told["log"] = logs.index(said)
        if type(action) not in (AgentAction, AgentActionMessageLog):
            told["kind"] = type(action).__name__
            told["more"] = _more(action)
        kept.append(told)
    if not any(kept):
        return {}
    said = [[_message(each) for each in messages] for messages in logs]
    return {"actions": kept, **({"logs": said} if said else {})}


def action_of(call: ToolCall, told: Mapping[str, Any], logs: Sequence[Sequence[Json]]) -> AgentAction:  # fmt: skip
    """The action of a call, as it was."""
    fields: Json = dict(told.get("more") or {})
    kind: Any = AgentAction
    if "log" in told:
        kind = AgentActionMessageLog
        fields["message_log"] = _messages(logs[int(told["log"])])
    if name := str(told.get("kind") or ""):
        found = next((each for each in _kinds(kind) if each.__name__ == name), None)
        if found is None:
            log.warning("an action of the kind %s goes on as %s", name, kind.__name__)
            fields = {k: v for k, v in fields.items() if k in kind.model_fields}
        kind = found or kind
    tool, given = told.get("tool", call.name), told.get("input", call.args)
    return kind(tool=tool, tool_input=given, log=call.log, **fields)


def keep_finish(finish: AgentFinish, answer: str) -> Json:
    """What came with the answer."""
    more = {} if finish.return_values == {"output": answer} else {"values": plain(finish.return_values)}  # fmt: skip
    return {"finish": {"log": finish.log, **more}}


def finish_of(kept: Mapping[str, Any], answer: str) -> AgentFinish | None:
    """The end that was kept, if it was one."""
    told = kept.get("finish")
    if not told:
        return None
    return AgentFinish(dict(told.get("values") or {"output": answer}), str(told["log"]))


class _No:
    """No JSON."""


_NO = _No()


def _json(value: Any) -> Any:
    """The value as JSON brings it back, or `_NO`."""
    if isinstance(value, str):
        return value
    try:
        return json.loads(json.dumps(value, allow_nan=False))
    except (TypeError, ValueError, RecursionError):
        return _NO


def plain(value: Any) -> Any:
    """The value as JSON, with texts for those parts that are none."""
    if (found := _json(value)) is not _NO:
        return found
    return json.loads(json.dumps(value, default=str, skipkeys=True))


def _is_messages(value: Any) -> bool:
    if isinstance(value, list | tuple):
        items = cast("Sequence[Any]", value)
        return bool(items) and all(isinstance(each, BaseMessage) for each in items)
    return isinstance(value, BaseMessage)


def _message(message: BaseMessage) -> Json:
    data = {key: value for key, value in message.model_dump().items() if value not in (None, {}, [])}  # fmt: skip
    return {"type": message.type, "data": plain({"content": "", **data})}


def _messages(told: Sequence[Json]) -> list[BaseMessage]:
    return messages_from_dict(list(told))


def _more(action: AgentAction) -> Json:
    """The fields that a kind of action has beyond LangChain's own."""
    names = [name for name in type(action).model_fields if name not in _OF_AN_ACTION]
    return plain({name: getattr(action, name) for name in names})


def _kinds(kind: type[Any]) -> list[type[Any]]:
    """The classes that this program has of the kind."""
    below = kind.__subclasses__()
    return [kind, *(found for each in below for found in _kinds(each))]


def _compared(value: Any, kind: str) -> Any:
    if kind == "values" or value is _NO:
        return value
    told = cast("list[Json]", [value] if isinstance(value, dict) else value)
    return [
        (each["type"], {k: v for k, v in each["data"].items() if k not in _NOT_COMPARED})
        for each in told
    ]
