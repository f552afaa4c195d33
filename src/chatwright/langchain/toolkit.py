"""LangChain tools by name (`load_tools`), and chatwright's tools as LangChain tools."""

# No postponed annotations here: prompts show the signatures of these functions as Python knows them.

import inspect
import re
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import Any, cast

from langchain_core.language_models import BaseLanguageModel
from langchain_core.tools import BaseTool, StructuredTool
from langchain_core.tools import Tool as SingleTool
from pydantic import BaseModel

from chatwright.errors import CalculatorError, UnknownTool, UsageError
from chatwright.tools import SerpAPIWrapper, Tool, as_tool
from chatwright.tools.calculator import answer
from chatwright.tools.load import calculator
from chatwright.tools.run import awaited
from chatwright.tools.serpapi import SEARCH_DESCRIPTION

__all__ = [
    "OriginTool",
    "as_langchain_tool",
    "as_langchain_tools",
    "get_all_tool_names",
    "load_tools",
]

_TRANSLATE = (
    "Write the arithmetic that answers this as one expression and nothing else, for instance 2*(3+4)^0.5.\n\n"
    "{question}\n\nExpression:"
)
_KINDS = {"string": str, "integer": int, "number": float, "boolean": bool, "array": list, "object": dict}  # fmt: skip


class _Query(BaseModel):
    query: str


class _Expression(BaseModel):
    expression: str


class OriginTool(StructuredTool):
    """A tool of chatwright as LangChain calls it; `origin` is that tool."""

    origin: Any = None


def load_tools(
    tool_names: Sequence[str],
    llm: BaseLanguageModel[Any] | None = None,
    callbacks: Any = None,
    allow_dangerous_tools: bool = False,
    **kwargs: Any,
) -> list[BaseTool]:
    """The tools of these names: `serpapi` is Search, `llm-math` is Calculator.

    Search takes `serpapi_api_key`, `params`, `base_url` and `timeout`. The Calculator evaluates an expression by
    itself; words that are none are put into one by `llm` first, where there is one. `allow_dangerous_tools`
    changes nothing, for no tool here is.
    """
    given: Any = tool_names
    if isinstance(given, str):
        raise UsageError("tools come as a list of names", f"write [{given!r}]")
    tools = [_named(name, llm, dict(kwargs)) for name in tool_names]
    if "serpapi" not in tool_names and kwargs:
        raise UsageError(f"none of these tools takes '{next(iter(kwargs))}'")
    for tool in tools if callbacks is not None else ():
        tool.callbacks = callbacks
    return tools


def get_all_tool_names() -> list[str]:
    """The names that `load_tools` knows."""
    return ["serpapi", "llm-math"]


def _named(name: str, llm: BaseLanguageModel[Any] | None, options: dict[str, Any]) -> BaseTool:
    match name.strip().lower():
        case "serpapi":
            return _search(SerpAPIWrapper(**options))
        case "llm-math" | "calculator":
            return _calculator(llm)
        case _:
            raise UnknownTool(name, get_all_tool_names())


def _search(wrapper: SerpAPIWrapper) -> BaseTool:
    def search(query: str) -> str:
        return wrapper.run(query)

    async def asearch(query: str) -> str:
        return await wrapper.arun(query)

    return SingleTool(
        "Search",
        search,
        SEARCH_DESCRIPTION,
        args_schema=_Query,
        coroutine=asearch,
        metadata={"idempotent": True},
    )


def _calculator(llm: BaseLanguageModel[Any] | None) -> BaseTool:
    def calculate(expression: str) -> str:
        try:
            return answer(expression)
        except CalculatorError:
            if llm is None or not _is_prose(expression):
                raise
        return answer(_expression(llm.invoke(_TRANSLATE.format(question=expression))))

    flags = {"idempotent": True, "trusted": True}
    description = calculator().description
    return SingleTool("Calculator", calculate, description, args_schema=_Expression, metadata=flags)


def _is_prose(text: str) -> bool:
    return len(re.findall(r"[A-Za-z]{2,}", text)) > 2


def _expression(reply: Any) -> str:
    """The line of a reply that is an expression, the last one that can be."""
    text = str(getattr(reply, "content", reply))
    lines = [line.strip(" `") for line in text.splitlines()]
    return next((line for line in reversed(lines) if re.search(r"\d", line)), text)


def as_langchain_tools(tools: Iterable[Any]) -> list[BaseTool]:
    """Each object as a LangChain tool; `UsageError` when two have the same name."""
    given: Any = tools
    if isinstance(given, str | bytes | Mapping) or not isinstance(given, Iterable):
        kind = type(cast("object", given)).__name__
        raise UsageError(f"tools come as a list, not as {kind}", "write [tool]")
    made = [as_langchain_tool(tool) for tool in tools]
    names = [tool.name for tool in made]
    if twice := [name for name in names if names.count(name) > 1]:
        raise UsageError(f"two tools are called '{twice[0]}'", "rename one")
    return made


def as_langchain_tool(tool: Any) -> BaseTool:
    """A tool of chatwright or a typed function as LangChain's; one that is LangChain's stays itself."""
    if isinstance(tool, BaseTool):
        return tool
    origin = as_tool(tool)
    is_async = inspect.iscoroutinefunction(origin.call)
    function = _function(origin)
    coroutine = cast("Callable[..., Awaitable[Any]]", function) if is_async else None
    if is_async:
        function = _waiting(function)
    return OriginTool(
        name=origin.name, description=origin.description, args_schema=dict(origin.schema),
        func=function, coroutine=coroutine, origin=origin,
    )  # fmt: skip


def _function(tool: Tool) -> Callable[..., Any]:
    """What the tool calls, with a signature that says what it takes."""

    def call(**args: Any) -> Any:
        return tool.call(**args)

    async def acall(**args: Any) -> Any:
        return await tool.call(**args)

    function: Any = acall if inspect.iscoroutinefunction(tool.call) else call
    function.__signature__ = _signature(tool.schema)
    return function


def _waiting(function: Callable[..., Any]) -> Callable[..., Any]:
    """An async function for callers that know of no event loop."""

    def call(**args: Any) -> Any:
        return awaited(function(**args))

    call.__signature__ = inspect.signature(function)  # pyright: ignore[reportFunctionMemberAccess]
    return call


def _signature(schema: Mapping[str, Any]) -> inspect.Signature:
    required = schema.get("required") or ()
    parameters = [
        inspect.Parameter(
            key,
            inspect.Parameter.KEYWORD_ONLY,
            default=inspect.Parameter.empty if key in required else of.get("default"),
            annotation=_KINDS.get(str(of.get("type")), inspect.Parameter.empty),
        )
        for key, of in cast("Mapping[str, Mapping[str, Any]]", schema["properties"]).items()
        if key.isidentifier()
    ]
    return inspect.Signature(parameters)
