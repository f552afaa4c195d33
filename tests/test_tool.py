"""Tools made by hand, from functions and from LangChain's own tools."""

from __future__ import annotations

import asyncio
import copy
import dataclasses
import enum
import functools
import inspect
import json
import subprocess
import sys
from typing import Annotated, Any, Literal, NotRequired, TypedDict

import pytest
from langchain_core.tools import InjectedToolArg

import chatwright.tools
from chatwright.errors import ToolError, UsageError
from chatwright.tools.tool import Tool, as_tool, as_tools

NO_ARGUMENTS: dict[str, Any] = {"type": "object", "properties": {}}


def add(a: int, b: int = 2) -> int:
    """Adds two
    whole numbers.

    The second paragraph is for people.
    """
    return a + b


def properties(tool: Tool) -> dict[str, Any]:
    return dict(tool.schema["properties"])


def schema_of(annotation: Any) -> Any:
    def fn(x): ...

    fn.__annotations__["x"] = annotation
    return properties(Tool.from_function(fn))["x"]


def read_as(annotation: Any, value: Any) -> Any:
    def fn(x):
        return x

    fn.__annotations__["x"] = annotation
    return Tool.from_function(fn).call(x=value)


# by hand


def test_a_tool_shows_itself_in_the_form_that_templates_take():
    tool = Tool("Add", "Adds.", {"properties": {"a": {"type": "integer"}}}, add)
    assert tool.to_schema() == {
        "type": "function",
        "function": {
            "name": "Add",
            "description": "Adds.",
            "parameters": {"type": "object", "properties": {"a": {"type": "integer"}}},
        },
    }


def test_changing_what_was_shown_or_given_does_not_change_the_tool():
    given = {"type": "object", "properties": {"a": {"type": "integer"}}}
    tool = Tool("Add", "Adds.", given, add)
    before = copy.deepcopy(tool.to_schema())
    given["properties"]["b"] = {}  # type: ignore[index]
    tool.to_schema()["function"]["parameters"]["properties"].clear()
    assert tool.to_schema() == before


def test_a_tool_is_frozen_and_can_stand_in_a_set():
    tool = Tool("Add", "Adds.", NO_ARGUMENTS, add)
    with pytest.raises(dataclasses.FrozenInstanceError):
        tool.name = "Other"  # type: ignore[misc]
    assert tool in {tool}


@pytest.mark.parametrize("name", ["", "two words", "a.b", "größe", "x" * 65, "a\n", None, 3])
def test_a_name_that_models_cannot_write_is_refused(name: Any):
    with pytest.raises(UsageError, match="cannot be called"):
        Tool(name, "", NO_ARGUMENTS, add)


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "string"},
        [],
        None,
        "x",
        {"properties": []},
        {"properties": {"a": {"default": add}}},
    ],
)
def test_a_schema_that_describes_no_arguments_is_refused(schema: Any):
    with pytest.raises(UsageError, match="the schema of the tool 'Add'"):
        Tool("Add", "", schema, add)


@pytest.mark.parametrize("timeout", [0, -1, float("nan")])
def test_a_timeout_that_can_never_be_met_is_refused(timeout: float):
    with pytest.raises(UsageError, match="timeout"):
        Tool("Add", "", NO_ARGUMENTS, add, timeout=timeout)


def test_something_that_cannot_be_called_is_no_tool():
    with pytest.raises(UsageError, match="nothing to call"):
        Tool("Add", "", NO_ARGUMENTS, 3)  # type: ignore[arg-type]


# from a function


def test_a_function_gives_its_name_its_first_paragraph_and_its_arguments():
    tool = Tool.from_function(add)
    assert (tool.name, tool.description) == ("add", "Adds two whole numbers.")
    assert tool.schema == {
        "type": "object",
        "properties": {"a": {"type": "integer"}, "b": {"type": "integer", "default": 2}},
        "required": ["a"],
    }
    assert tool.call(a=1) == 3


def test_a_function_without_words_is_described_by_its_name():
    def word_count(text: str) -> int:
        return len(text.split())

    assert Tool.from_function(word_count).description == "Word count."


class Colour(enum.Enum):
    RED = "red"
    BLUE = "blue"


class Point(TypedDict):
    x: float
    y: NotRequired[float]


@dataclasses.dataclass
class Person:
    name: str
    age: int | None = None


SCHEMAS: dict[str, tuple[Any, Any]] = {
    "str": (str, {"type": "string"}),
    "int": (int, {"type": "integer"}),
    "float": (float, {"type": "number"}),
    "bool": (bool, {"type": "boolean"}),
    "any": (Any, {}),
    "postponed": ("list[int]", {"type": "array", "items": {"type": "integer"}}),
    "literal": (Literal["a", "b"], {"type": "string", "enum": ["a", "b"]}),
    "mixed literal": (Literal["a", 1, None], {"enum": ["a", 1, None]}),
    "enum": (Colour, {"type": "string", "enum": ["red", "blue"]}),
    "or none": (int | None, {"anyOf": [{"type": "integer"}, {"type": "null"}]}),
    "bare list": (list, {"type": "array", "items": {}}),
    "pair": (
        tuple[int, str],
        {
            "type": "array",
            "prefixItems": [{"type": "integer"}, {"type": "string"}],
            "minItems": 2,
            "maxItems": 2,
        },
    ),
    "row": (tuple[int, ...], {"type": "array", "items": {"type": "integer"}}),
    "dict": (dict, {"type": "object"}),
    "dict of": (dict[str, int], {"type": "object", "additionalProperties": {"type": "integer"}}),
    "described": (Annotated[str, "a town"], {"type": "string", "description": "a town"}),
    "typed dict": (
        Point,
        {
            "type": "object",
            "properties": {"x": {"type": "number"}, "y": {"type": "number"}},
            "required": ["x"],
        },
    ),
    "dataclass": (
        Person,
        {
            "type": "object",
            "properties": {
                "name": {"type": "string"},
                "age": {"anyOf": [{"type": "integer"}, {"type": "null"}]},
            },
            "required": ["name"],
        },
    ),
}


@pytest.mark.parametrize(("annotation", "schema"), SCHEMAS.values(), ids=SCHEMAS)
def test_a_type_becomes_the_schema_that_says_the_same(annotation: Any, schema: Any):
    assert schema_of(annotation) == schema


READ: list[tuple[Any, Any, Any]] = [
    (int, "3", 3),
    (int, 3.0, 3),
    (float, "2.5", 2.5),
    (float, 2, 2),
    (bool, "True", True),
    (str, 4, "4"),
    (Literal["a", "b"], "A", "a"),
    (Literal[1, "1"], "1", "1"),
    (Colour, "red", Colour.RED),
    (Colour, "BLUE", Colour.BLUE),
    (Colour, Colour.RED, Colour.RED),
    (int | None, None, None),
    (str | int, 4, 4),
    (int | str, "4", "4"),
    (list[int], ["1", 2], [1, 2]),
    (list[int], "[1, 2]", [1, 2]),
    (tuple[int, str], [1, "a"], (1, "a")),
    (set[str], ["a", "a"], {"a"}),
    (dict[str, int], {"a": "1"}, {"a": 1}),
    (Person, {"name": "Ada"}, Person("Ada")),
    (list[Person], [{"name": "Ada", "age": 36}], [Person("Ada", 36)]),
    (Point, {"x": 1}, {"x": 1}),
]


@pytest.mark.parametrize(("annotation", "value", "expected"), READ)
def test_what_a_model_writes_is_read_as_the_annotated_type(
    annotation: Any, value: Any, expected: Any
):
    got = read_as(annotation, value)
    assert got == expected
    assert type(got) is type(expected)


WRONG: list[tuple[Any, Any, str]] = [
    (int, "three", 'must be a whole number, not "three"'),
    (int, 2.5, "must be a whole number, not 2.5"),
    (int, True, "must be a whole number, not true"),
    (float, "nan", "must be a number"),
    (bool, 1, "must be true or false, not 1"),
    (str, ["a"], "must be a string"),
    (str, None, "must be a string, not null"),
    (Literal["a", "b"], "c", 'must be one of "a", "b", not "c"'),
    (Colour, "green", 'must be one of "red", "blue"'),
    (list[int], ["x"], "at 0"),
    (list[int], 1, "must be a list"),
    (tuple[int, int], [1], "a list of 2"),
    (Person, {}, "lacks 'name'"),
    (Person, {"name": "Ada", "born": 1815}, "has no field 'born'"),
    (str, ["long"] * 1000, r"\.\.\."),
]


@pytest.mark.parametrize(("annotation", "value", "reason"), WRONG)
def test_what_does_not_fit_is_an_error_that_the_model_can_read(
    annotation: Any, value: Any, reason: str
):
    with pytest.raises(ToolError, match=reason) as error:
        read_as(annotation, value)
    assert "the argument 'x' of fn" in str(error.value)
    assert len(str(error.value)) < 200


def test_a_missing_or_an_unknown_argument_is_named():
    with pytest.raises(ToolError, match="add needs the argument 'a'"):
        Tool.from_function(add).call()
    with pytest.raises(ToolError, match="add has no argument 'aa'") as error:
        Tool.from_function(add).call(aa=1)
    assert error.value.hint == "did you mean 'a'?"


def test_null_for_an_argument_with_a_default_means_left_out():
    assert Tool.from_function(add).call(a=1, b=None) == 3


def test_a_pydantic_model_is_shown_without_references_and_arrives_as_a_model():
    from pydantic import BaseModel, Field

    class Town(BaseModel):
        title: str = Field(description="its name")

    class Trip(BaseModel):
        stops: list[Town]

    def plan(trip: Trip) -> str:
        return type(trip).__name__ + trip.stops[0].title

    tool = Tool.from_function(plan)
    town = {
        "type": "object",
        "properties": {"title": {"type": "string", "description": "its name"}},
        "required": ["title"],
    }
    assert properties(tool)["trip"] == {
        "type": "object",
        "properties": {"stops": {"type": "array", "items": town}},
        "required": ["stops"],
    }
    assert tool.call(trip={"stops": [{"title": "Rome"}]}) == "TripRome"
    with pytest.raises(ToolError, match="the argument 'trip' of plan does not fit"):
        tool.call(trip={"stops": [{}]})


def test_an_async_function_stays_async():
    async def fetch(url: str) -> str:
        return f"page {url}"

    tool = Tool.from_function(fetch)
    assert inspect.iscoroutinefunction(tool.call)
    assert asyncio.run(tool.call(url="u")) == "page u"


def test_a_sync_wrapper_around_an_async_function_is_called_as_sync():
    async def fetch(url: str) -> str:
        return f"page {url}"

    @functools.wraps(fetch)
    def wait(*args: Any, **kwargs: Any) -> str:
        return asyncio.run(fetch(*args, **kwargs))

    assert Tool.from_function(wait).call(url="u") == "page u"


def test_a_partial_hides_what_it_has_settled():
    def send(key: str, to: str, text: str = "") -> str:
        """Sends."""
        return f"{key} {to} {text}"

    tool = Tool.from_function(functools.partial(send, key="secret"))
    assert list(properties(tool)) == ["to", "text"]
    assert "secret" not in json.dumps(tool.to_schema())
    assert (tool.name, tool.description) == ("send", "Sends.")
    assert tool.call(to="ada", text="hi") == "secret ada hi"
    with pytest.raises(ToolError, match="no argument 'key'"):
        tool.call(key="mine", to="ada")


def test_a_method_a_callable_object_and_a_cached_function_are_tools():
    class Greeter:
        """Greets people."""

        def greet(self, name: str) -> str:
            """Says hello."""
            return f"hello {name}"

        def __call__(self, name: str) -> str:
            return self.greet(name)

    @functools.cache
    def double(n: int) -> int:
        """Doubles."""
        return 2 * n

    method, whole = Tool.from_function(Greeter().greet), Tool.from_function(Greeter())
    assert (method.name, method.description, method.call(name="a")) == (
        "greet",
        "Says hello.",
        "hello a",
    )
    assert (whole.name, whole.description, whole.call(name="a")) == (
        "Greeter",
        "Greets people.",
        "hello a",
    )
    assert Tool.from_function(double).call(n=2) == 4


def test_positional_only_arguments_are_filled_in_by_name():
    def power(base: int, exponent: int = 2, /, *, negate: bool = False) -> int:
        return -(base**exponent) if negate else base**exponent

    tool = Tool.from_function(power)
    assert tool.call(base=3) == 9
    assert tool.call(negate=True, exponent=3, base=2) == -8


def test_an_argument_may_be_called_like_anything():
    def odd(self: int, fn: int, name: int, given: int, args: int) -> int:
        return self + fn + name + given + args

    assert Tool.from_function(odd).call(self=1, fn=2, name=3, given=4, args=5) == 15


def test_a_default_gives_the_type_that_was_not_written():
    def repeat(text: str, times=2):
        return text * times

    assert properties(Tool.from_function(repeat))["times"] == {"type": "integer", "default": 2}


def test_a_type_from_the_enclosing_function_is_found():
    @dataclasses.dataclass
    class Local:
        n: int

    def use(x: Local) -> int:
        return Local(x.n).n

    assert Tool.from_function(use).call(x={"n": 3}) == 3


def _star(*words: str): ...
def _stars(**words: str): ...
def _bare(x): ...
def _bytes(x: bytes): ...
def _keys(x: dict[int, str]): ...
def _nowhere(x: Nowhere): ...  # noqa: F821  # pyright: ignore
def _generator(x: int):
    yield x


@dataclasses.dataclass
class Tree:
    children: list[Tree]


def _tree(x: Tree): ...


REFUSED: dict[str, tuple[Any, str]] = {
    "*args": (_star, r"_star takes \*words"),
    "**kwargs": (_stars, r"_stars takes \*\*words"),
    "no type": (_bare, "'x' of _bare has no type"),
    "bytes": (_bytes, "'x' of _bytes: the type bytes has no JSON form"),
    "other keys": (_keys, "no JSON form"),
    "unknown name": (_nowhere, "'Nowhere' is not defined"),
    "generator": (_generator, "is a generator"),
    "contains itself": (_tree, "contains itself"),
    "lambda": (lambda x: x, "a lambda has no name"),
    "class": (Person, "the class Person is not a function"),
    "builtin": (len, "len has no types"),
    "unbound method": (Tool.to_schema, "method without its object"),
}


@pytest.mark.parametrize(("fn", "reason"), REFUSED.values(), ids=REFUSED)
def test_a_function_that_a_model_could_not_call_is_refused_with_the_reason(fn: Any, reason: str):
    with pytest.raises(UsageError, match=reason):
        Tool.from_function(fn)


# from LangChain


def test_a_structured_langchain_tool_keeps_its_words_and_its_arguments():
    from langchain_core.tools import tool as langchain_tool

    @langchain_tool
    def multiply(a: int, b: int = 3) -> int:
        """Multiplies."""
        return a * b

    tool = Tool.from_langchain(multiply)
    assert (tool.name, tool.description) == ("multiply", "Multiplies.")
    assert tool.schema == {
        "type": "object",
        "properties": {"a": {"type": "integer"}, "b": {"type": "integer", "default": 3}},
        "required": ["a"],
    }
    assert tool.call(a=2) == 6


def test_the_single_input_langchain_tool_keeps_its_one_string():
    from langchain_core.tools import Tool as LangChainTool

    made = LangChainTool("Google Search", lambda q: f"found {q}", "Searches.")
    tool = as_tool(made)
    assert tool.name == "Google_Search"
    assert tool.schema == {
        "type": "object",
        "properties": {"tool_input": {"type": "string"}},
        "required": ["tool_input"],
    }
    assert tool.call(tool_input="cats") == "found cats"
    assert tool.call(query="cats") == "found cats"
    with pytest.raises(ToolError, match="exactly one input"):
        tool.call(a="1", b="2")


def test_an_async_only_langchain_tool_is_awaited():
    from langchain_core.tools import StructuredTool

    async def look(query: str) -> str:
        """Looks."""
        return f"saw {query}"

    tool = as_tool(StructuredTool.from_function(coroutine=look))
    assert asyncio.run(tool.call(query="x")) == "saw x"


def test_a_langchain_class_with_its_own_run_and_a_dict_schema_work_too():
    from langchain_core.tools import BaseTool, StructuredTool

    class Echo(BaseTool):
        name: str = "echo"
        description: str = "Echoes."

        def _run(self, text: str) -> str:
            return text

    assert as_tool(Echo()).call(text="hi") == "hi"
    assert properties(as_tool(Echo()))["text"] == {"type": "string"}
    schema = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}
    given = StructuredTool(
        name="inc", description="Adds one.", args_schema=schema, func=lambda n: n + 1
    )
    assert as_tool(given).schema == schema
    assert as_tool(given).call(n=1) == 2


def test_what_langchain_fills_in_by_itself_is_not_shown():
    from langchain_core.tools import tool as langchain_tool

    @langchain_tool
    def look(query: str, user: Annotated[str, InjectedToolArg] = "me") -> str:
        """Looks."""
        return f"{query} for {user}"

    assert list(properties(as_tool(look))) == ["query"]
    assert as_tool(look).call(query="x") == "x for me"


# coercion


def test_anything_that_is_a_tool_is_coerced_and_stays_in_order():
    made = Tool("Add", "Adds.", NO_ARGUMENTS, add)
    assert as_tool(made) is made
    assert [t.name for t in as_tools([add, made])] == ["add", "Add"]
    assert as_tools([]) == []


@pytest.mark.parametrize("thing", [3, None, "calculator", {"name": "x"}, Tool, Person])
def test_what_is_no_tool_is_refused(thing: Any):
    with pytest.raises(UsageError):
        as_tool(thing)


@pytest.mark.parametrize("things", [3, None, "calculator", {"a": add}])
def test_tools_come_as_a_list(things: Any):
    with pytest.raises(UsageError, match="as a list"):
        as_tools(things)


def test_two_tools_with_one_name_are_refused_also_when_cleaning_made_them_equal():
    from langchain_core.tools import Tool as LangChainTool

    first = LangChainTool("my tool", str, "One.")
    second = LangChainTool("my_tool", str, "Two.")
    with pytest.raises(UsageError, match="two tools are called 'my_tool'"):
        as_tools([first, second])


# the package


def test_every_public_name_of_the_package_resolves_and_no_other():
    for name in chatwright.tools.__all__:
        assert getattr(chatwright.tools, name).__name__ == name
    assert set(chatwright.tools.__all__) <= set(dir(chatwright.tools))
    with pytest.raises(AttributeError):
        _ = chatwright.tools.nothing


def test_a_tool_from_a_function_needs_no_langchain_and_no_pydantic():
    script = (
        "import sys; from chatwright.tools import Tool, as_tools, load_tools\n"
        "def f(x: int) -> int: return x\n"
        "as_tools([f]); load_tools(['calculator'])\n"
        "print([m for m in ('langchain_core', 'pydantic') if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"
