"""Prompts by name, from the package and from files, and nothing over the network."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import Any

import pytest
from langchain_core.messages import HumanMessage, SystemMessage
from langchain_core.prompts import ChatPromptTemplate, PromptTemplate

from chatwright import hub
from chatwright.errors import UsageError

NAME = "hwchase17/react-json"


@pytest.fixture(autouse=True)
def own_prompts_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each test starts without added prompts, and without a network."""
    from chatwright.langchain.prompts import hub as home

    def refuse(*args: Any, **kwargs: Any) -> Any:
        raise AssertionError("a prompt needs no network")

    monkeypatch.setattr(home, "_added", {})
    monkeypatch.setattr(socket.socket, "connect", refuse)


def test_the_notebooks_prompt_is_a_chat_prompt_with_its_variables():
    prompt = hub.pull(NAME)
    assert isinstance(prompt, ChatPromptTemplate)
    assert sorted(prompt.input_variables) == ["agent_scratchpad", "input", "tool_names", "tools"]
    system, human = prompt.partial(tools="T", tool_names="N").format_messages(
        input="q", agent_scratchpad="{s}"
    )
    assert isinstance(system, SystemMessage) and isinstance(human, HumanMessage)
    assert human.content == "q\n\n{s}"
    assert '{"action": "tool name", "action_input": "tool input"}' in system.content


def test_it_is_the_prompt_that_nano_was_trained_on():
    source = (Path(__file__).parent.parent / "training" / "prompts.py").read_text("utf-8")
    whole: dict[str, Any] = {}
    start = source.index('HUB = """')
    exec(source[start : source.index('"""', start + 10) + 3], whole)
    system = hub.pull(NAME).format_messages(tools="T", tool_names="N", input="", agent_scratchpad="")[0]  # fmt: skip
    assert system.content == whole["HUB"].format(tools="T", tool_names="N")


def test_the_older_prompt_is_one_text():
    prompt = hub.pull("hwchase17/react")
    assert isinstance(prompt, PromptTemplate)
    assert sorted(prompt.input_variables) == ["agent_scratchpad", "input", "tool_names", "tools"]


def test_a_commit_is_what_the_text_is_known_by():
    from chatwright.langchain.prompts.hub import commit_of

    commit = commit_of(hub.pull(NAME))
    for version in ("latest", commit, commit[:8]):
        assert hub.pull(f"{NAME}:{version}") == hub.pull(NAME)
    with pytest.raises(UsageError, match="not as 0123abcd") as caught:
        hub.pull(f"{NAME}:0123abcd")
    assert "pull_from_langsmith" in caught.value.hint


def test_an_unknown_name_is_told_with_the_known_ones_and_the_way_to_the_network():
    with pytest.raises(UsageError, match="no prompt called 'hwchase17/reakt-json'") as caught:
        hub.pull("hwchase17/reakt-json")
    assert "did you mean 'hwchase17/react-json'?" in caught.value.hint
    assert "hwchase17/react," in caught.value.hint and "pull_from_langsmith" in caught.value.hint


def test_prompts_are_added_from_a_text_a_template_a_file_and_a_folder(tmp_path: Path):
    (tmp_path / "team").mkdir()
    (tmp_path / "team" / "long.txt").write_text("--- system\nBe {mood}.\n--- placeholder\n{history}\n--- user\n{input}\n", "utf-8")  # fmt: skip
    (tmp_path / "short.v1.txt").write_text("Answer {input}.\n", "utf-8")
    (tmp_path / "README").write_text("not a prompt", "utf-8")
    hub.add("team/text", "--- human\n{{braces}} {input}")
    hub.add("team/template", PromptTemplate.from_template("{a}"))
    hub.add("team/file", tmp_path / "short.v1.txt")
    hub.add(tmp_path)
    assert set(hub.names()) >= {"team/text", "team/template", "team/file", "team/long", "short.v1", NAME}  # fmt: skip
    assert hub.pull("team/text").format_messages(input="x")[0].content == "{braces} x"
    assert hub.pull("team/template").format(a="1") == "1"
    assert hub.pull("team/file").format(input="x") == hub.pull("short.v1").format(input="x") == "Answer x."  # fmt: skip
    long = hub.pull("team/long").format_messages(mood="kind", history=[HumanMessage("h")], input="x")  # fmt: skip
    assert [m.content for m in long] == ["Be kind.", "h", "x"]


def test_a_prompt_that_is_added_takes_the_place_of_one_of_the_package():
    hub.add(NAME, "mine {input}")
    assert hub.pull(NAME).format(input="x") == "mine x"


@pytest.mark.parametrize(
    ("text", "said"),
    [("--- sistem\nx", "sistem"), ("--- human\n{", "is no prompt"), ("{unclosed", "is no prompt")],
)
def test_a_text_that_is_no_prompt_is_refused(text: str, said: str):
    with pytest.raises(UsageError, match=said):
        hub.add("team/bad", text)


def test_a_folder_without_prompts_and_a_file_that_is_not_there_are_refused(tmp_path: Path):
    with pytest.raises(UsageError, match="no prompts in"):
        hub.add(tmp_path)
    with pytest.raises(UsageError, match="is not there"):
        hub.add("a/b", tmp_path / "none.txt")


def test_langsmith_is_asked_only_by_name(monkeypatch: pytest.MonkeyPatch):
    import langsmith

    asked: list[Any] = []

    class Client:
        def __init__(self, **options: Any) -> None:
            asked.append(options)

        def pull_prompt(self, name: str, *, dangerously_pull_public_prompt: bool = False) -> str:
            asked.append((name, dangerously_pull_public_prompt))
            return "theirs"

    monkeypatch.setattr(langsmith, "Client", Client)
    assert hub.pull_from_langsmith(NAME, api_key="k") == "theirs"
    assert asked == [{"api_key": "k"}, (NAME, True)]
