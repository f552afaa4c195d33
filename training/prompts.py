"""What the model is told: chatwright's own prompt, and the one that LangChain's prompt hub knows as react-json, in our words."""

from __future__ import annotations

import sys
from pathlib import Path
from random import Random

sys.path.insert(0, str(Path(__file__).parent.parent / "src"))

from chatwright.formats import react_json

HUB = """Answer the question as well as you can. You have these tools:

{tools}

To use a tool, write one JSON object in a fence of three backticks. Its key "action" names the tool, one of: {tool_names}. Its key "action_input" holds the input of that tool. One action at a time. An example:

```
{{
  "action": "tool name",
  "action_input": "tool input"
}}
```

Always keep to this order:

Question: the question to answer
Thought: what to do next
Action:
```
{{"action": "tool name", "action_input": "tool input"}}
```
Observation: what the tool gave (this is written for you)
... (Thought, Action and Observation repeat as often as needed)
Thought: I know the answer
Final Answer: the answer to the question

Begin. Write "Final Answer:" with exactly these words before the answer."""


CALCULATOR = ("Calculator", "expression", ("Evaluates arithmetic, e.g. 15% of 80 or 2^10.", "Useful for when you need to answer questions about math."))


SEARCH = ("Search", "query", ("Finds passages in the documents.", "A search engine. Useful for when you need to answer questions about current events. Input should be a search query."))


def own_prompt(rng: Random, tools: list[tuple]) -> str:
    """The system message of chatwright's own format, made by the format itself."""
    which = 0 if rng.random() < 0.93 else 1
    schemas = [{"function": {"name": name, "description": told[which], "parameters": {"properties": {arg: {"type": "string"}}, "required": [arg]}}} for name, arg, told in tools]
    return react_json.show([{"role": "user", "content": ""}], schemas)[0]["content"]


def with_schemas(schemas: list[dict]) -> str:
    """The system message of chatwright's own format for any tools."""
    return react_json.show([{"role": "user", "content": ""}], schemas)[0]["content"]


def hub_prompt(rng: Random, tools: list[tuple]) -> str:
    """The system message of the other prompt. Few variants, so that many traces of a batch share their first tokens."""
    which = 0 if rng.random() < 0.5 else 1
    form = rng.choice(("{n} - {d}", "{n}({a}: str) -> str - {d}", "{n}({a}: str) - {d}"))
    lines = "\n".join(form.format(n=name, a=arg, d=told[which]) for name, arg, told in tools)
    return HUB.format(tools=lines, tool_names=", ".join(name for name, _, _ in tools))
