"""`ToolErrorsAsObservations`: what goes wrong with a tool is something that the model reads and acts on."""

from __future__ import annotations

import json
import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, cast

from langchain_core.messages import ToolMessage
from langchain_core.tools import BaseTool
from langchain_core.utils.function_calling import convert_to_openai_tool

from chatwright.errors import ChatwrightError, ToolError, UnknownTool, did_you_mean
from chatwright.schema import coerce, validate

from .needed import (
    AgentMiddleware,
    AgentState,
    Command,
    GraphBubbleUp,
    ToolCallRequest,
    graph_errors,
)

__all__ = ["ToolErrorsAsObservations"]

log = logging.getLogger("chatwright")

Dict = dict[str, Any]
Result = ToolMessage | Command[Any]

_ANYTHING = (Exception, SystemExit)
_MOST = 1_000
_NEXT = "Change the input, use another tool, or answer without it."


class ToolErrorsAsObservations(AgentMiddleware[AgentState[Any], Any]):
    """An exception of a tool, a tool that does not exist, and arguments that do not fit are told to the model.

    Without it an exception ends the run, and arguments that a tool does not have are dropped without a word. The
    `ToolMessage` has the status `error` and says what to do: the nearest names, or what the tool takes. Interrupts
    of LangGraph pass through.
    """

    def __init__(self) -> None:
        super().__init__()
        self.tools = []

    def wrap_tool_call(
        self, request: ToolCallRequest, handler: Callable[[ToolCallRequest], Result]
    ) -> Result:
        """Run the tool, or say why that did not work."""
        try:
            return _clearer(handler(_checked(request)), request)
        except _ANYTHING as err:  # a tool may raise anything; the model gets to read it
            return _observation(request, err)

    async def awrap_tool_call(
        self, request: ToolCallRequest, handler: Callable[[ToolCallRequest], Awaitable[Result]]
    ) -> Result:
        """The same for an event loop."""
        try:
            return _clearer(await handler(_checked(request)), request)
        except _ANYTHING as err:  # a tool may raise anything; the model gets to read it
            return _observation(request, err)


def _checked(request: ToolCallRequest) -> ToolCallRequest:
    """The request with arguments that fit, as far as nobody else looks at them."""
    tool = request.tool
    if tool is None:
        return request
    given = request.tool_call["args"]
    if not isinstance(tool.args_schema, Mapping):
        if wrong := _not_an_argument(tool, given):
            raise _misfit(tool, wrong)
        return request
    schema = cast("Mapping[str, Any]", tool.args_schema)
    args: Dict = coerce(given, schema)  # LangChain does not look at these at all
    if wrong := validate(args, schema):
        raise _misfit(tool, wrong)
    return request.override(tool_call={**request.tool_call, "args": args})


def _not_an_argument(tool: BaseTool, args: Mapping[str, Any]) -> str:
    """An argument that pydantic would drop in silence, as a misspelt one that is not required."""
    model: Any = tool.args_schema
    if model is None or _takes_more(model):
        return ""
    fields = _fields(model)
    listed = list(_schema(tool).get("properties", {}))
    known = {*listed, *fields}.union(*(_aliases(field) for field in fields.values()))
    unknown = next((str(name) for name in args if name not in known), None)
    if unknown is None:
        return ""
    return f"it has no argument '{_short(unknown, 60)}' ({did_you_mean(unknown, listed)})"


def _fields(model: Any) -> Mapping[str, Any]:
    """The fields of a pydantic class of either version."""
    found: Any = model.model_fields if hasattr(model, "model_fields") else model.__fields__
    return cast("Mapping[str, Any]", found)


def _takes_more(model: Any) -> bool:
    config: Any = getattr(model, "model_config", None)
    if isinstance(config, Mapping):
        return cast("Mapping[str, Any]", config).get("extra") == "allow"
    return str(getattr(getattr(model, "__config__", None), "extra", "")).endswith("allow")


def _aliases(field: Any) -> set[str]:
    found: set[str] = set()
    for name in ("alias", "validation_alias"):
        alias: Any = getattr(field, name, None)
        choices: Any = getattr(alias, "choices", [alias])
        found |= {choice for choice in choices if isinstance(choice, str)}
    return found


def _clearer(result: Result, request: ToolCallRequest) -> Result:
    """LangGraph's own words for an unknown tool and for arguments that do not fit, in ours."""
    if not isinstance(result, ToolMessage) or result.status != "error":
        return result
    name, text = request.tool_call["name"], result.text
    if request.tool is None and text.startswith(f"Error: {name} is not a valid tool"):
        return _observation(request, UnknownTool(name, _listed(text)))
    if request.tool is None or not text.startswith(f"Error invoking tool '{name}' with kwargs"):
        return result
    args = coerce(request.tool_call["args"], _schema(request.tool))
    theirs = text.rpartition("with error:\n")[2].partition("\n Please fix")[0]
    wrong = validate(args, _schema(request.tool), closed=False) or " ".join(theirs.split())
    return _observation(request, _misfit(request.tool, wrong))


def _misfit(tool: BaseTool, wrong: str) -> ToolError:
    shape = json.dumps(_schema(tool).get("properties", {}), ensure_ascii=False)
    return ToolError(
        f"the input does not fit {tool.name}: {_short(wrong, _MOST)}; it takes {_short(shape, 600)}",
        "Call it again with input that fits.",
    )


def _schema(tool: BaseTool) -> Dict:
    """The arguments that the model sees, as a JSON schema."""
    function: Dict = convert_to_openai_tool(tool)["function"]
    return function.get("parameters") or {}


def _listed(text: str) -> list[str]:
    """The names of the tools, as LangGraph tells them: `... try one of [add, subtract].`"""
    return [name for name in text.rpartition("[")[2].rstrip("].").split(", ") if name]


def _observation(request: ToolCallRequest, err: BaseException) -> ToolMessage:
    """The error as the model reads it. What LangGraph has to see is raised again."""
    if isinstance(err, GraphBubbleUp) or _is_invalid_resume(err):
        raise err
    call = request.tool_call
    if not isinstance(
        err, ChatwrightError
    ):  # it may be a mistake in the tool, which no model mends
        log.info("the tool %s failed", call["name"], exc_info=err)
    id_ = str(call["id"])
    return ToolMessage(_said(err), tool_call_id=id_, name=call["name"], status="error")


def _is_invalid_resume(err: BaseException) -> bool:
    """Did a human answer an interrupt in a form that it does not take? The model cannot mend that."""
    asked: Callable[[BaseException], bool] | None
    asked = getattr(graph_errors, "is_invalid_resume", None)  # LangGraph knows it since 1.2
    return asked is not None and asked(err)


def _said(err: BaseException) -> str:
    if isinstance(err, ChatwrightError):
        return f"error: {_short(str(err), 2 * _MOST)}. {err.hint or _NEXT}"
    whole = str(err).encode("utf-8", "replace").decode()  # a file's name may hold half a character
    words = " ".join(whole.split())
    told = f"{type(err).__name__}: {words}" if words else type(err).__name__
    return f"error: {_short(told, _MOST)}. {_NEXT}"


def _short(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[:most]} …"
