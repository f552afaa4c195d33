"""Answers that fit a schema: with tools and without, from models that need to be told twice, as a dict and as pydantic."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from agent_stage import (
    NUMBER,
    Plain,
    Play,
    answer,
    aplay,
    both,
    call,
    calls,
    of,
    play,
    prompt_of,
    tool,
)
from pydantic import BaseModel, Field, field_validator

from chatwright import Agent, Limits
from chatwright.errors import BackendError, ChatwrightError, UsageError
from chatwright.events import (
    Error,
    Event,
    Finish,
    Malformed,
    Reasoning,
    Text,
    ToolCall,
    ToolResult,
)
from chatwright.request import JsonSchema
from chatwright.testing import Scripted


class Person(BaseModel):
    name: str
    age: int = Field(ge=0, le=150)

    @field_validator("name")
    @classmethod
    def _capital(cls, name: str) -> str:
        if not name[:1].isupper():
            raise ValueError("a name begins with a capital letter")
        return name


_DICT = {
    "type": "object",
    "properties": {"name": {"type": "string"}, "age": {"type": "integer", "minimum": 0}},
    "required": ["name", "age"],
    "additionalProperties": False,
}
_GOOD = '{"name": "Ada", "age": 36}'
both_forms = pytest.mark.parametrize("schema", [Person, _DICT], ids=["pydantic", "dict"])


def _value(schema: Any) -> Any:
    return Person(name="Ada", age=36) if schema is Person else {"name": "Ada", "age": 36}


def count() -> Any:
    return tool("count", lambda n: n, NUMBER)


def _texts(events: list[Event]) -> str:
    return "".join(event.text for event in of(Text, events))


@both_forms
@both
def test_without_tools_the_answer_is_the_json_at_once(play: Play, schema: Any):
    model = Scripted([_GOOD])
    events = play(Agent(model, schema=schema))
    assert events[-1].values == _value(schema) and type(events[-1].values) is type(_value(schema))
    assert events[-1].answer == _texts(events) == _GOOD
    assert events[-1].stop_reason == "answer" and len(model.requests) == 1
    assert model.requests[0].constraint is not None


@both_forms
@both
def test_with_tools_the_answer_is_asked_for_once_more_as_json(play: Play, schema: Any):
    model = Scripted([call("count", '{"n": 36}'), answer("Ada was 36."), _GOOD])
    events = play(Agent(model, [count()], schema=schema))
    assert of(ToolResult, events)[0].text == "36"
    assert events[-1].values == _value(schema)
    assert events[-1].answer == _texts(events) == _GOOD  # the prose is not printed as the answer
    assert "Ada was 36." in "".join(e.text for e in of(Reasoning, events))
    assert "Ada was 36." in prompt_of(model, 2) and '"age"' in prompt_of(model, 2)
    assert [isinstance(r.constraint, JsonSchema) for r in model.requests] == [False, False, True]


@pytest.mark.parametrize(
    "bad",
    ['{"name": "Ada"}', '{"name": "Ada", "age": "old"}', "I think 36", "", "[]", '{"name": "Ada", "age": -1}'],
    ids=["missing", "type", "prose", "empty", "list", "range"],
)  # fmt: skip
@both_forms
@both
def test_what_does_not_fit_is_told_to_the_model_which_may_do_better(
    play: Play, schema: Any, bad: str
):
    for tools in ([], [count()]):
        model = Scripted([*([answer("Ada, 36")] if tools else []), bad, _GOOD])
        events = play(Agent(model, tools, schema=schema))
        assert len(of(Malformed, events)) == 1
        assert events[-1].values == _value(schema) and events[-1].stop_reason == "answer"
        assert events[-1].answer == _GOOD
        reason = of(Malformed, events)[0].reason
        assert reason.split(":")[0] in prompt_of(model, len(model.requests) - 1)


@both
def test_what_only_pydantic_objects_to_is_told_as_well(play: Play):
    for tools in ([], [count()]):
        wrong = '{"name": "ada", "age": 36}'
        model = Scripted([*([answer("Ada, 36")] if tools else []), wrong, _GOOD])
        events = play(Agent(model, tools, schema=Person))
        assert "capital letter" in of(Malformed, events)[0].reason
        assert "capital letter" in prompt_of(model, len(model.requests) - 1)
        assert events[-1].values == Person(name="Ada", age=36)


@both_forms
@both
def test_a_model_that_never_does_better_ends_the_run(play: Play, schema: Any):
    for tools in ([], [count()]):
        model = Scripted([*([answer("Ada, 36")] if tools else []), *['{"name": 1}'] * 9])
        events = play(Agent(model, tools, schema=schema, limits=Limits(max_malformed=3)))
        assert events[-1].stop_reason == "malformed" and events[-1].values is None
        assert len(of(Malformed, events)) == 3
        if tools:
            assert events[-1].answer == "Ada, 36"  # what there is is not lost


@both
def test_values_that_are_false_are_values(play: Play):
    for text, value in (("0", 0), ("false", False), ('""', ""), ("[]", []), ("{}", {})):
        schema = {"type": json_type(value)}
        for tools in ([], [count()]):
            model = Scripted([*([answer("none")] if tools else []), text])
            end = play(Agent(model, tools, schema=schema))[-1]
            assert (end.values, end.stop_reason, len(model.requests)) == (value, "answer", 1 + bool(tools))  # fmt: skip


def json_type(value: Any) -> str:
    kinds = {int: "integer", bool: "boolean", str: "string", list: "array", dict: "object"}
    return kinds[type(value)]


@both
def test_no_text_of_the_answer_is_printed_twice(play: Play):
    pieces = ['{"name": ', '"Ada", ', '"age": 36}']
    model = Scripted([answer("Ada, 36"), pieces])
    events = play(Agent(model, [count()], schema=Person))
    assert _texts(events) == "".join(pieces)
    assert len(of(Finish, events)) == 1


@both
def test_a_limit_on_the_way_leaves_the_answer_in_prose(play: Play):
    model = Scripted([answer("Ada, 36"), BackendError("gone")])
    events = play(Agent(model, [count()], schema=Person))
    assert events[-1].stop_reason == "error" and events[-1].values is None

    def reply(n: int) -> list[Event]:
        return calls(ToolCall(f"c{n}", "count", {"n": n}))

    model = Plain(*(reply(n) for n in range(3)))
    end = play(Agent(model, [count()], schema=Person, limits=Limits(max_steps=3)))[-1]
    assert (end.stop_reason, end.values, end.answer) == ("max_steps", None, "")


@both_forms
@both
def test_the_best_answer_at_a_limit_is_brought_into_form_too(play: Play, schema: Any):
    limits = Limits(max_steps=1, early_stopping="generate")
    model = Scripted([call("count", '{"n": 1}'), answer("Ada, 36"), _GOOD])
    end = play(Agent(model, [count()], schema=schema, limits=limits))[-1]
    assert (end.values, end.stop_reason) == (_value(schema), "max_steps")


@both
def test_the_usage_holds_every_turn(play: Play):
    model = Scripted([answer("Ada, 36"), "no", _GOOD])
    assert play(Agent(model, [count()], schema=Person))[-1].usage.completion == 3


def test_ask_gives_the_values_and_runs_do_not_get_into_each_others_way():
    agent = Agent(Scripted([_GOOD, "no", _GOOD]), schema=Person)
    assert agent.ask("q").values == agent.ask("q").values == Person(name="Ada", age=36)


@pytest.mark.parametrize("wrong", [Person(name="Ada", age=36), "a string", 3, int, object()])
def test_what_is_no_schema_is_wrong_usage(wrong: Any):
    with pytest.raises(UsageError, match="a schema cannot be"):
        Agent(Scripted([]), schema=wrong)


def test_a_dict_that_is_no_schema_is_refused_before_anything_is_asked():
    for wrong in ({"type": "wrong"}, {"type": "object", "properties": 3}, {"$ref": "#/nowhere"}):
        with pytest.raises(ChatwrightError):
            Agent(Scripted([]), schema=wrong)


def test_nested_and_referring_schemas_work():
    class Team(BaseModel):
        people: list[Person]
        lead: Person | None = None

    text = json.dumps({"people": [{"name": "Ada", "age": 36}], "lead": None})
    for each in (play, aplay):
        for tools in ([], [count()]):
            model = Scripted([*([answer("Ada")] if tools else []), text])
            assert each(Agent(model, tools, schema=Team))[-1].values == Team(people=[Person(name="Ada", age=36)])  # fmt: skip


@both
def test_a_finished_run_asked_for_in_another_form_says_so(play: Play, tmp_path: Path):
    class Dog(BaseModel):
        barks: bool

    path = tmp_path / "runs.db"
    play(Agent(Scripted([_GOOD]), schema=Person, journal=path), "q", "run")
    try:
        events = play(Agent(Scripted([]), schema=Dog, journal=path), "q", "run")
    except UsageError as err:
        assert "schema" in str(err)
    else:
        assert of(Error, events) and events[-1].stop_reason == "error"
