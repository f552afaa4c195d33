"""A person decides by LangGraph's interrupts: for an agent inside a node, and for `create_agent`. Sync and async alike."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypedDict

import pytest
from langchain.agents import create_agent
from langchain_core.agents import AgentAction, AgentFinish
from langchain_core.messages import ToolMessage
from langchain_core.runnables import RunnableLambda
from langchain_core.tools import StructuredTool
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import END, START, StateGraph
from langgraph.types import Command

from chatwright import Agent, ChatHuggingFace, Tool
from chatwright.agent import Approve, Edit, Refuse, StartedCall
from chatwright.agent.keeper import Keeper
from chatwright.agents import AgentExecutor, interrupt_for_approval, run_id_here
from chatwright.errors import UsageError
from chatwright.langchain.agents.interrupts import decision_in
from chatwright.langchain.middleware import ApproveWrites, safeguards
from chatwright.testing import Scripted

WAYS = pytest.mark.parametrize("way", ["invoke", "ainvoke"])
THREAD: Any = {"configurable": {"thread_id": "1"}}
SCHEMA = {"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"]}


class State(TypedDict, total=False):
    answer: str


def call(*calls: tuple[str, Any]) -> str:
    made = [{"action": name, "action_input": args} for name, args in calls]
    return f"Thought: so.\nAction:\n```\n{json.dumps(made if len(made) > 1 else made[0])}\n```"


def answer(text: str) -> str:
    return f"Thought: I know it.\nFinal Answer: {text}"


class World:
    """Counts what was really done, and what the model was really asked."""

    def __init__(self) -> None:
        self.deleted: list[str] = []
        self.asked: list[int] = []
        self.seen: list[list[Any]] = []

    def delete(self, name: str) -> str:
        """Deletes a file."""
        self.deleted.append(name)
        return f"deleted {name}"

    def plan(self, *names: str) -> RunnableLambda[Any, Any]:
        """An agent that deletes one file after the other, and tells what it saw."""

        def plan(inputs: dict[str, Any]) -> Any:
            steps = inputs["intermediate_steps"]
            self.asked.append(len(steps))
            self.seen.append([observation for _, observation in steps])
            if len(steps) < len(names):
                return AgentAction("delete", {"name": names[len(steps)]}, "")
            return AgentFinish({"output": "; ".join(self.seen[-1])}, "")

        return RunnableLambda(plan)

    @property
    def tool(self) -> StructuredTool:
        return StructuredTool.from_function(self.delete, metadata={"writes": True})


def graph(node: Callable[..., Any]) -> Any:
    built = StateGraph(State)
    built.add_node("work", node)
    built.add_edge(START, "work")
    built.add_edge("work", END)
    return built.compile(checkpointer=InMemorySaver())


def run(way: str, app: Any, given: Any, config: Any = THREAD) -> Any:
    if way == "invoke":
        return app.invoke(given, config)
    return asyncio.run(app.ainvoke(given, config))


def executor_node(way: str, executor: AgentExecutor) -> Callable[..., Any]:
    def named() -> Any:
        return {"configurable": {"run_id": run_id_here()}}

    def node(state: State) -> State:
        return {"answer": executor.invoke({"input": "clean up"}, named())["output"]}

    async def anode(state: State) -> State:
        return {"answer": (await executor.ainvoke({"input": "clean up"}, named()))["output"]}

    return node if way == "invoke" else anode


def agent_node(way: str, agent: Agent) -> Callable[..., Any]:
    def node(state: State) -> State:
        return {"answer": agent.ask("clean up", run_id_here()).answer}

    async def anode(state: State) -> State:
        return {"answer": (await agent.aask("clean up", run_id_here())).answer}

    return node if way == "invoke" else anode


def asked_about(result: Any) -> dict[str, Any]:
    [interrupt] = result["__interrupt__"]
    return interrupt.value


# --- the executor in a node -----------------------------------------------------------------------------------------


@WAYS
@pytest.mark.parametrize(
    ("resume", "deleted", "told"),
    [
        (True, ["a"], "deleted a"),
        ({"type": "accept"}, ["a"], "deleted a"),
        ({"type": "edit", "args": {"name": "b"}}, ["b"], "deleted b"),
        (False, [], "a person did not allow this call"),
        ({"type": "reject", "message": "not that one"}, [], "not that one"),
        ({"type": "ignore"}, [], "a person did not allow this call"),
        ({"decisions": [{"type": "approve"}]}, ["a"], "deleted a"),
    ],
)
def test_a_person_decides_and_the_model_is_not_asked_again(
    way: str, tmp_path: Path, resume: Any, deleted: list[str], told: str
):
    world = World()
    executor = AgentExecutor(
        agent=world.plan("a"), tools=[world.tool], journal=tmp_path / "j.db", approve=interrupt_for_approval
    )  # fmt: skip
    app = graph(executor_node(way, executor))
    asked = asked_about(run(way, app, {}))
    assert (asked["name"], asked["args"]) == ("delete", {"name": "a"})
    assert (asked["type"], asked["description"]) == ("tool_approval", "Deletes a file.")
    assert world.deleted == []
    assert told in run(way, app, Command(resume=resume))["answer"]
    assert world.deleted == deleted
    assert world.asked == [0, 1]


@WAYS
def test_each_answer_belongs_to_its_call_however_often_the_node_runs_again(
    way: str, tmp_path: Path
):
    world = World()
    executor = AgentExecutor(
        agent=world.plan("a", "b", "c"), tools=[world.tool], journal=tmp_path / "j.db", approve=interrupt_for_approval
    )  # fmt: skip
    app = graph(executor_node(way, executor))
    assert asked_about(run(way, app, {}))["args"] == {"name": "a"}
    assert asked_about(run(way, app, Command(resume=True)))["args"] == {"name": "b"}
    assert asked_about(run(way, app, Command(resume=False)))["args"] == {"name": "c"}
    assert world.deleted == ["a"]
    run(way, app, Command(resume=True))
    assert world.deleted == ["a", "c"]
    assert world.asked == [0, 1, 2, 3]


@WAYS
def test_two_calls_of_one_reply_are_asked_about_one_after_the_other(way: str, tmp_path: Path):
    world = World()

    def plan(inputs: dict[str, Any]) -> Any:
        world.asked.append(len(inputs["intermediate_steps"]))
        if inputs["intermediate_steps"]:
            return AgentFinish({"output": "done"}, "")
        return [AgentAction("delete", {"name": name}, "") for name in "ab"]

    executor = AgentExecutor(
        agent=RunnableLambda(plan), tools=[world.tool], journal=tmp_path / "j.db", approve=interrupt_for_approval
    )  # fmt: skip
    app = graph(executor_node(way, executor))
    assert asked_about(run(way, app, {}))["args"] == {"name": "a"}
    assert asked_about(run(way, app, Command(resume=False)))["args"] == {"name": "b"}
    assert run(way, app, Command(resume=True))["answer"] == "done"
    assert (world.deleted, world.asked) == (["b"], [0, 2])


@WAYS
def test_an_interrupt_of_the_node_itself_before_the_agent_does_no_harm(way: str, tmp_path: Path):
    from langgraph.types import interrupt

    world = World()
    executor = AgentExecutor(
        agent=world.plan("a", "b"), tools=[world.tool], journal=tmp_path / "j.db", approve=interrupt_for_approval
    )  # fmt: skip

    def node(state: State) -> State:
        who = interrupt("who?")
        config: Any = {"configurable": {"run_id": run_id_here()}}
        return {"answer": f"{who}: {executor.invoke({'input': 'q'}, config)['output']}"}

    app = graph(node)
    assert run("invoke", app, {})["__interrupt__"][0].value == "who?"
    assert asked_about(run(way, app, Command(resume="ada")))["args"] == {"name": "a"}
    assert asked_about(run(way, app, Command(resume=False)))["args"] == {"name": "b"}
    assert run(way, app, Command(resume=True))["answer"].startswith("ada: ")
    assert world.deleted == ["b"]


@WAYS
def test_answers_by_the_interrupts_id_work_too(way: str, tmp_path: Path):
    world = World()
    executor = AgentExecutor(
        agent=world.plan("a", "b"), tools=[world.tool], journal=tmp_path / "j.db", approve=interrupt_for_approval
    )  # fmt: skip
    app = graph(executor_node(way, executor))
    first = run(way, app, {})["__interrupt__"][0]
    second = run(way, app, Command(resume={first.id: False}))["__interrupt__"][0]
    run(way, app, Command(resume={second.id: True}))
    assert world.deleted == ["b"]


@WAYS
def test_an_answer_that_nobody_can_read_allows_nothing_and_is_asked_for_again(
    way: str, tmp_path: Path
):
    world = World()
    executor = AgentExecutor(
        agent=world.plan("a", "b"), tools=[world.tool], journal=tmp_path / "j.db", approve=interrupt_for_approval
    )  # fmt: skip
    app = graph(executor_node(way, executor))
    assert "error" not in asked_about(run(way, app, {}))
    for said in ("perhaps", {"type": "edit", "args": "x"}):
        again = asked_about(run(way, app, Command(resume=said)))
        assert "no decision" in again["error"] and again["args"] == {"name": "a"}
    assert world.deleted == []
    assert asked_about(run(way, app, Command(resume=True)))["args"] == {"name": "b"}
    assert asked_about(run(way, app, Command(resume="hm")))["args"] == {"name": "b"}
    run(way, app, Command(resume=False))
    assert (world.deleted, world.asked) == (["a"], [0, 1, 2])


@WAYS
def test_without_a_journal_it_asks_too_and_the_log_says_what_that_means(
    way: str, caplog: pytest.LogCaptureFixture
):
    world = World()
    executor = AgentExecutor(
        agent=world.plan("a"), tools=[world.tool], approve=interrupt_for_approval
    )

    def node(state: State) -> State:
        return {"answer": executor.invoke({"input": "clean up"})["output"]}

    app = graph(node)
    assert asked_about(run(way, app, {}))["args"] == {"name": "a"}
    assert run(way, app, Command(resume=True))["answer"] == "deleted a"
    assert (world.deleted, world.asked) == (["a"], [0, 0, 1])
    assert "without a journal" in caplog.text


@WAYS
def test_outside_of_a_node_it_says_where_it_works(way: str):
    world = World()
    executor = AgentExecutor(
        agent=world.plan("a"), tools=[world.tool], approve=interrupt_for_approval
    )
    with pytest.raises((UsageError, RuntimeError), match=r"LangGraph node|outside of a runnable"):
        run(way, executor, {"input": "q"}, None)
    with pytest.raises(UsageError, match="LangGraph node"):
        run_id_here()


@WAYS
@pytest.mark.parametrize(("resume", "deleted"), [(False, ["a", "b"]), (True, ["a", "a", "b"])])
def test_after_a_crash_the_call_that_may_have_run_is_another_question(
    way: str, tmp_path: Path, resume: bool, deleted: list[str]
):
    world = World()
    executor = AgentExecutor(
        agent=world.plan("a", "b"), tools=[world.tool], journal=tmp_path / "j.db", approve=interrupt_for_approval
    )  # fmt: skip
    app = graph(executor_node(way, executor))

    def crash(self: Keeper, result: Any) -> None:
        raise RuntimeError("the power is gone")

    run(way, app, {})
    with pytest.MonkeyPatch.context() as patch, pytest.raises(RuntimeError, match="power"):
        patch.setattr(Keeper, "observation", crash)
        run(way, app, Command(resume=True))
    asked = asked_about(run(way, app, None))
    assert asked["started"] and asked["args"] == {"name": "a"} and world.deleted == ["a"]
    assert asked_about(run(way, app, Command(resume=resume)))["args"] == {"name": "b"}
    run(way, app, Command(resume=True))
    assert (world.deleted, world.asked) == (deleted, [0, 1, 2])


@WAYS
def test_a_tool_may_interrupt_by_itself(way: str, tmp_path: Path):
    from langgraph.types import interrupt

    world = World()

    def launch(name: str) -> str:
        """Launches something."""
        return f"{name}: {interrupt('really?')}"

    tool = StructuredTool.from_function(launch, name="delete", metadata={"idempotent": True})
    executor = AgentExecutor(agent=world.plan("a"), tools=[tool], journal=tmp_path / "j.db")
    app = graph(executor_node(way, executor))
    assert run(way, app, {})["__interrupt__"][0].value == "really?"
    assert run(way, app, Command(resume="go"))["answer"] == "a: go"
    assert world.asked == [0, 1]


# --- `Agent` in a node ----------------------------------------------------------------------------------------------


@WAYS
def test_an_agent_in_a_node_goes_on_where_it_was(way: str, tmp_path: Path):
    world = World()
    model = Scripted([call(("delete", {"name": "a"})), answer("done")])
    tool = Tool("delete", "Deletes.", SCHEMA, world.delete, writes=True)
    agent = Agent(model, [tool], journal=tmp_path / "j.db", approve=interrupt_for_approval)
    app = graph(agent_node(way, agent))
    assert asked_about(run(way, app, {}))["args"] == {"name": "a"}
    assert len(model.requests) == 1
    assert run(way, app, Command(resume=True))["answer"] == "done"
    assert (world.deleted, len(model.requests)) == (["a"], 2)


@WAYS
def test_each_answer_belongs_to_its_call_in_an_agent_too(way: str, tmp_path: Path):
    world = World()
    replies = [call(("delete", {"name": name})) for name in "abc"]
    model = Scripted([*replies, answer("done")])
    tool = Tool("delete", "Deletes.", SCHEMA, world.delete, writes=True)
    agent = Agent(model, [tool], journal=tmp_path / "j.db", approve=interrupt_for_approval)
    app = graph(agent_node(way, agent))
    assert asked_about(run(way, app, {}))["args"] == {"name": "a"}
    assert asked_about(run(way, app, Command(resume=True)))["args"] == {"name": "b"}
    assert asked_about(run(way, app, Command(resume=False)))["args"] == {"name": "c"}
    assert run(way, app, Command(resume=True))["answer"] == "done"
    assert (world.deleted, len(model.requests)) == (["a", "c"], 4)


# --- reading an answer ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "decision"),
    [
        (True, Approve()),
        (False, Refuse()),
        (Approve(), Approve()),
        (Edit({"x": 1}), Edit({"x": 1})),
        ("approve", Approve()),
        ("ignore", Refuse()),
        ([{"type": "accept", "args": None}], Approve()),
        ({"type": "respond", "message": "it is 7"}, Refuse("it is 7")),
        ({"type": "response", "args": "it is 7"}, Refuse("it is 7")),
        ({"type": "edit", "args": {"x": 1}}, Edit({"x": 1})),
        ({"type": "edit", "args": {"args": {"x": 1}}}, Edit({"x": 1})),
        ({"type": "edit", "args": {"args": {"x": 1}, "y": 2}}, Edit({"args": {"x": 1}, "y": 2})),
        ({"type": "edit", "args": {"action": "t", "args": {"x": 1}}}, Edit({"x": 1})),
        ({"type": "edit", "edited_action": {"name": "t", "args": {}}}, Edit({})),
    ],
)
def test_an_answer_is_read_in_the_words_of_each_of_langgraphs_tools(given: Any, decision: Any):
    assert decision_in(given, "t") == decision


@pytest.mark.parametrize(
    "given",
    [None, 1, 0, "", "perhaps", {}, [], [True, True], {"type": "edit"}, {"type": "edit", "args": "x"},
     {"type": "edit", "edited_action": {"name": "other", "args": {}}}, {"decisions": []}],
)  # fmt: skip
def test_what_is_no_decision_is_an_error_and_never_a_yes(given: Any):
    with pytest.raises(UsageError):
        decision_in(given, "t")


# --- create_agent ---------------------------------------------------------------------------------------------------


def built(world: World, replies: list[str], middleware: Any) -> tuple[Any, Scripted]:
    def read(name: str) -> str:
        """Reads a file."""
        return f"read {name}"

    model = Scripted(replies)
    tools = [world.tool, StructuredTool.from_function(read)]
    chat = ChatHuggingFace(llm=model)
    return create_agent(chat, tools, middleware=middleware, checkpointer=InMemorySaver()), model


SAID = {"messages": [("user", "clean up")]}


@WAYS
@pytest.mark.parametrize("middleware", [[ApproveWrites()], safeguards(approve_writes=True)], ids=["alone", "safeguards"])  # fmt: skip
@pytest.mark.parametrize(
    ("resume", "deleted", "told", "status"),
    [
        (True, ["a"], "deleted a", "success"),
        ({"type": "edit", "args": {"name": "b"}}, ["b"], 'arguments to {"name": "b"}]\ndeleted b', "success"),
        ({"type": "reject", "message": "not that one."}, [], "did not allow this call: not that one. Go on without it.", "error"),
        ({"type": "respond", "message": "it is gone already"}, [], "it is gone already", "success"),
    ],
)  # fmt: skip
def test_create_agent_asks_before_a_tool_that_writes(
    way: str, middleware: Any, resume: Any, deleted: list[str], told: str, status: str
):
    world = World()
    replies = [call(("read", {"name": "a"})), call(("delete", {"name": "a"})), answer("done")]
    app, model = built(world, replies, middleware)
    asked = asked_about(run(way, app, SAID))
    assert (asked["name"], asked["args"], world.deleted) == ("delete", {"name": "a"}, [])
    messages = run(way, app, Command(resume=resume))["messages"]
    result = messages[-2]
    assert isinstance(result, ToolMessage)
    assert result.text.endswith(told) and result.status == status
    assert (world.deleted, messages[-1].text, len(model.requests)) == (deleted, "done", 3)


@WAYS
def test_create_agent_asks_about_two_calls_of_one_reply_by_their_ids(way: str):
    world = World()
    both = call(("delete", {"name": "a"}), ("delete", {"name": "b"}))
    app, _ = built(world, [both, answer("done")], safeguards(approve_writes=True))
    asked = {i.value["args"]["name"]: i.id for i in run(way, app, SAID)["__interrupt__"]}
    answers = {asked["a"]: False, asked["b"]: True}
    assert run(way, app, Command(resume=answers))["messages"][-1].text == "done"
    assert world.deleted == ["b"]


@WAYS
def test_create_agent_does_not_take_an_unreadable_answer_for_the_models_fault(way: str):
    world = World()
    app, _ = built(
        world, [call(("delete", {"name": "a"})), answer("x")], safeguards(approve_writes=True)
    )
    run(way, app, SAID)
    assert "no decision" in asked_about(run(way, app, Command(resume="perhaps")))["error"]
    assert world.deleted == []
    run(way, app, Command(resume=True))
    assert world.deleted == ["a"]


@WAYS
def test_a_tool_that_only_reads_and_says_nothing_is_asked_about_where_it_is_named(way: str):
    world = World()
    app, _ = built(
        world, [call(("read", {"name": "a"})), answer("done")], [ApproveWrites(also=["read"])]
    )
    assert asked_about(run(way, app, SAID))["name"] == "read"


def test_safeguards_ask_nobody_unless_that_is_wanted():
    assert not any(isinstance(each, ApproveWrites) for each in safeguards())


def test_which_questions_come_before_one_is_kept(tmp_path: Path):
    from chatwright.agent.asked import Asked
    from chatwright.agent.journal import Journal

    first, second = StartedCall("c1", "delete", {}), StartedCall("c2", "delete", {})
    with Journal.open(tmp_path / "j.db") as journal:
        with journal.begin("r", {"question": "q"}) as record:
            asked = Asked(record)
            assert asked.to_put("here", first) == (0, True)
            asked.new("here", first)
        with journal.begin("r", {"question": "q"}) as record:
            asked = Asked(record)
            assert asked.to_put("here", first) == (0, False)
            record.add(("intent", {"call": "c1"}))
            assert asked.to_put("here", second) == (0, True)  # the first one was just put again
            asked.void("here")
            asked.new("here", second)
        with journal.begin("r", {"question": "q"}) as record:
            assert Asked(record).to_put("here", second) == (2, False)
            assert Asked(record).to_put("here", first) == (3, True)  # it was started since
            assert Asked(record).to_put("elsewhere", second) == (0, True)
