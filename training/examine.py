"""One question of an evaluation, asked in the way that its kind is asked, and whether the answer is right.

A question is a JSON object: id, kind, question, and by kind

    arithmetic, fact, ...   expected (alternatives), tolerance (relative, for a number, or null), docs (a folder
                            beside the file, or null) or found (what Search gives, one text after the other)
    missing                 docs or found, in which the answer is not
    hub                     as arithmetic or fact, through the notebook's prompt: no tools for the template, no grammar
    talk                    expected: regular expressions of which one is found in the answer
    cannot                  the answer sends the user to a larger model
    tools                   tools (name, description, parameters), call (name, args), result, expected
    errors                  the same, error (what a wrong call gives), fail_first (the first call fails whatever it is)
    json                    schema, expected (the object)

An answer holds an alternative, or for a number one that is near enough. Everything runs as in `chatwright ask`.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent.parent / "src"))

from chatwright import Agent, Limits, hub
from chatwright.errors import ToolError
from chatwright.events import Finish, Malformed, Text, ToolCall, ToolResult
from chatwright.formats import react_json
from chatwright.model import Model
from chatwright.request import JsonSchema, Sampling
from chatwright.tools.load import calculator
from chatwright.tools.search import search
from chatwright.tools.tool import Tool

from prompts import SEARCH

NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:e[-+]?\d+)?", re.IGNORECASE)
NOT_THERE = re.compile(r"(could|can|do|does|did|is|are|was) ?n[o']t|cannot|no (information|mention|passage|answer)|not (in|found|there|mentioned|given|stated)|unknown", re.IGNORECASE)
ELSEWHERE = re.compile(r"larger model|\s-m\b", re.IGNORECASE)
GREEDY = Sampling(temperature=0.0)
SEARCHES = {"type": "object", "properties": {"query": {"type": "string"}}, "required": ["query"]}
Row = dict[str, Any]


@dataclass
class Said:
    """What came of a question."""

    answer: str = ""
    stop_reason: str = ""
    calls: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    steps: list[str] = field(default_factory=list)
    unread: int = 0  # replies that could not be read


def examine(model: Model, row: Row, folder: Path) -> tuple[Said, bool]:
    """Ask it, and judge the answer. `folder` is where the question's documents are."""
    said = ASKED.get(row["kind"], ask)(model, row, folder)
    return said, JUDGED.get(row["kind"], holds)(said, row)


# -- asking -----------------------------------------------------------------------------------------


def ask(model: Model, row: Row, folder: Path) -> Said:
    return run(Agent(model, tools_of(row, folder), limits=Limits(max_steps=8)), row["question"])


def ask_tools(model: Model, row: Row, folder: Path) -> Said:
    """The tools give what the question has for the one right call, and for another its error."""
    made: list[str] = []

    def called(name: str, args: dict[str, Any]) -> str:
        made.append(name)
        right = (name, args) == (row["call"]["name"], row["call"]["args"])
        if row["kind"] == "errors" and (not right or (row.get("fail_first") and len(made) == 1)):
            raise ToolError(row["error"].removeprefix("error: "))
        return row["result"]

    def tool(given: Row) -> Tool:
        return Tool(given["name"], given["description"], given["parameters"], lambda **args: called(given["name"], args))

    return run(Agent(model, [tool(given) for given in row["tools"]], limits=Limits(max_steps=6)), row["question"])


def ask_json(model: Model, row: Row, folder: Path) -> Said:
    messages = [{"role": "user", "content": row["question"]}]
    events = list(model.stream(messages, constraint=JsonSchema(row["schema"]), max_tokens=400, sampling=GREEDY))
    text = "".join(e.text for e in events if isinstance(e, Text))
    return Said(text, next((e.stop_reason for e in events if isinstance(e, Finish)), ""))


def ask_hub(model: Model, row: Row, folder: Path) -> Said:
    """The loop of the notebook: the scratchpad grows in the human turn."""
    tools = tools_of(row, folder)
    prompt = hub.pull("hwchase17/react-json").partial(tools="\n".join(f"{t.name} - {t.description}" for t in tools), tool_names=", ".join(t.name for t in tools))
    said, pad = Said(), ""
    for _ in range(8):
        messages = [{"role": {"human": "user"}.get(m.type, m.type), "content": m.content} for m in prompt.format_messages(input=row["question"], agent_scratchpad=pad)]
        reply = "".join(e.text for e in model.stream(messages, stop=["\nObservation"], max_tokens=400, sampling=GREEDY) if isinstance(e, Text))
        events = react_json.read(reply, [t.to_schema() for t in tools])
        said.unread += any(isinstance(e, Malformed) for e in events)
        made = next((e for e in events if isinstance(e, ToolCall)), None)
        if made is None:
            said.answer, said.stop_reason = "".join(e.text for e in events if isinstance(e, Text)).strip(), "answer"
            break
        tool = next((t for t in tools if t.name == made.name), None)
        try:
            result = tool.call(**made.args) if tool else f"error: there is no tool {made.name}"
        except Exception as err:  # the model reads it, as in a run
            result = f"error: {err}"
        note(said, made.name, made.args)
        said.steps.append(f"   = {str(result)[:300]}")
        pad += f"{reply}\nObservation: {result}\nThought: "
    return said


def run(agent: Agent, question: str) -> Said:
    said = Said()
    for event in agent.stream(question):
        match event:
            case ToolCall(_, name, args, _):
                note(said, name, dict(args))
            case ToolResult(_, text, _, _):
                said.steps.append(f"   = {text[:300]}")
            case Malformed():
                said.unread += 1
            case Finish():
                said.answer, said.stop_reason = event.answer, event.stop_reason
            case _:
                pass
    return said


def note(said: Said, name: str, args: dict[str, Any]) -> None:
    said.calls.append((name, args))
    said.steps.append(f"{name}({', '.join(map(str, args.values()))})")


def tools_of(row: Row, folder: Path) -> list[Tool]:
    if row.get("found") is not None:
        found = iter(row["found"])
        return [calculator(), Tool("Search", SEARCH[2][0], SEARCHES, lambda query: next(found, "No passages found."))]
    return [calculator(), documents(folder / row["docs"])] if row.get("docs") else [calculator()]


@cache
def documents(folder: Path) -> Tool:
    """The Search over a folder, made once for all questions about it."""
    return search(folder)


# -- judging ----------------------------------------------------------------------------------------


def holds(said: Said, row: Row) -> bool:
    return said.stop_reason == "answer" and right(said.answer, row["expected"], row.get("tolerance"))


def right(answer: str, expected: list[str], tolerance: float | None) -> bool:
    plain = re.sub(r"(?<=\d),(?=\d{3})", "", answer)
    if tolerance is None:
        return any(e.lower() in plain.lower() or e.lower() in answer.lower() for e in expected)
    wanted = [float(e) for e in expected]
    found = [float(n) for n in NUMBER.findall(plain.replace("−", "-"))]
    return any(abs(f - w) <= tolerance * max(1.0, abs(w)) for f in found for w in wanted)


def made_the_call(said: Said, row: Row) -> bool:
    """The right one: as the first, or after the errors that came."""
    wanted = (row["call"]["name"], row["call"]["args"])
    made = said.calls[:1] if row["kind"] == "tools" else said.calls
    return wanted in made and holds(said, row)


def same_object(said: Said, row: Row) -> bool:
    try:
        return json.loads(said.answer) == row["expected"]
    except json.JSONDecodeError:
        return False


def fits_talk(said: Said, row: Row) -> bool:
    return said.stop_reason == "answer" and any(re.search(each, said.answer, re.IGNORECASE) for each in row["expected"])


ASKED: dict[str, Callable[[Model, Row, Path], Said]] = {"tools": ask_tools, "errors": ask_tools, "json": ask_json, "hub": ask_hub}
JUDGED: dict[str, Callable[[Said, Row], bool]] = {"tools": made_the_call, "errors": made_the_call, "json": same_object, "talk": fits_talk, "missing": lambda said, row: said.stop_reason == "answer" and bool(NOT_THERE.search(said.answer)), "cannot": lambda said, row: bool(ELSEWHERE.search(said.answer))}
