"""Markdown in pieces: each block comes once, whole, as soon as it is complete."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatwright.cli.chat.markdown import Blocks


def blocks(*pieces: str) -> list[str]:
    reader = Blocks()
    return [block for piece in pieces for block in reader.feed(piece)] + reader.end()


TEXTS = {
    "paragraphs": ("One\nline.\n\nTwo.", ["One\nline.\n\n", "Two."]),
    "heading": ("# A\ntext\n## B\n", ["# A\n", "text\n", "## B\n"]),
    "underlined headings": ("A\n===\nB\n---\nC", ["A\n===\n", "B\n---\n", "C"]),
    "rule": ("a\n\n---\nb\n***\nc", ["a\n\n", "---\n", "b\n", "***\n", "c"]),
    "tight list": ("Here:\n- a\n- b\n  more\n* c", ["Here:\n", "- a\n", "- b\n  more\n", "* c"]),
    "loose list": ("1. a\n\n   b\n\n2. c\n\nend", ["1. a\n\n   b\n\n", "2. c\n\n", "end"]),
    "nested list": ("- a\n  - b\n\n    c\n- d", ["- a\n  - b\n\n    c\n", "- d"]),
    "an item with code": (
        "1. run:\n   ```sh\n   ls\n\n   - x\n   ```\n2. done",
        ["1. run:\n   ```sh\n   ls\n\n   - x\n   ```\n", "2. done"],
    ),
    "lazy item": ("- a\nb\n\nc", ["- a\nb\n\n", "c"]),
    "number in running text": ("It was\n1972. It\n- x", ["It was\n1972. It\n", "- x"]),
    "fence": ("```py\na\n\n# b\n```\nend", ["```py\na\n\n# b\n```\n", "end"]),
    "fence in fence": ("````\n```\nx\n```\n````\ny", ["````\n```\nx\n```\n````\n", "y"]),
    "tildes": ("~~~\n```\n~~~\nx", ["~~~\n```\n~~~\n", "x"]),
    "a fence right under text": ("so:\n```\nx\n```\n", ["so:\n", "```\nx\n```\n"]),
    "a fence that never ends": ("```\na\n\nb", ["```\na\n\nb"]),
    "code in a line is no fence": ("```x``` y\nz\n", ["```x``` y\nz\n"]),
    "table": ("|a|b|\n|-|-|\n|1|2|\n\nend", ["|a|b|\n|-|-|\n|1|2|\n\n", "end"]),
    "table of one column": ("| a |\n---\n| b |\n", ["| a |\n---\n| b |\n"]),
    "quote": ("> a\n> b\nc\n\nd", ["> a\n> b\nc\n\n", "d"]),
    "quote and heading": ("> a\n# b", ["> a\n", "# b"]),
    "indented code": ("    a\n\n    b\nc", ["    a\n\n    b\n", "c"]),
    "windows": ("a\r\n\r\n# b\r\nc", ["a\r\n\r\n", "# b\r\n", "c"]),
    "tabs": ("-\ta\n\tb\n- c", ["-\ta\n\tb\n", "- c"]),
    "blank": ("\n\n", ["\n\n"]),
    "blank before": ("\n\na", ["\n\na"]),
    "nothing": ("", []),
    "hashtag": ("a\n#b\n", ["a\n#b\n"]),
}


@pytest.mark.parametrize(("text", "expected"), TEXTS.values(), ids=TEXTS)
def test_each_block_is_given_whole_wherever_the_text_is_cut(text: str, expected: list[str]):
    assert blocks(text) == expected
    assert blocks(*text) == expected
    for at in range(len(text) + 1):
        assert blocks(text[:at], text[at:]) == expected


@pytest.mark.parametrize(
    ("pieces", "done"),
    [
        (["Hello\n", "\n"], ["Hello\n\n"]),
        (["# Title", "\n"], ["# Title\n"]),
        (["- a\n", "- "], []),
        (["- a\n", "- b\n"], ["- a\n"]),
        (["```\nx\n", "```", "\n"], ["```\nx\n```\n"]),
        (["|a|\n|-|\n", "|b|\n", "\n"], ["|a|\n|-|\n|b|\n\n"]),
    ],
)
def test_a_block_is_given_as_soon_as_it_is_complete_and_not_before(
    pieces: list[str], done: list[str]
):
    reader = Blocks()
    for piece in pieces[:-1]:
        assert reader.feed(piece) == []
    assert reader.feed(pieces[-1]) == done


LINES = st.sampled_from(
    [
        *("text", "more text", "", "", "- item", "  - deeper", "   three", "    four", "* star", "1. one", "2. two"),
        *("10) ten", "# head", "---", "***", "===", "> quote", ">", "> - in quote", "```", "```py", "~~~", "  ```"),
        *("| a | b |", "|---|---|", "| 1 | 2 |", "\tTab", "-", "-     far", "> ```", "- ```", "  ---", "a | b"),
    ]
)  # fmt: skip


def html(text: str) -> str:
    """What a whole parser makes of it. Items of one list are several lists to us, tight or loose each for itself."""
    from markdown_it import MarkdownIt

    parser = MarkdownIt("commonmark", {"html": False}).enable("table").disable("reference")
    return re.sub(r'</?(?:ul|ol|p)(?: start="\d+")?>|\s+', "", parser.render(text))


@given(st.lists(LINES, max_size=14))
def test_a_block_is_never_torn_so_that_the_parts_render_as_the_whole(lines: list[str]):
    text = "\n".join(lines)
    parts = blocks(text)
    assert "".join(parts) == text
    assert "".join(map(html, parts)) == html(text)


@given(st.text("ab\n\r -*#>`~|1.\t_=", max_size=60), st.data())
def test_no_text_is_lost_and_no_cut_matters(text: str, data: st.DataObject):
    at = data.draw(st.integers(0, len(text)))
    assert blocks(text[:at], text[at:]) == blocks(text)
    assert "".join(blocks(text)) == text


def test_a_huge_line_in_small_pieces_takes_time_that_grows_with_its_length_only():
    reader = Blocks()
    for _ in range(200_000):
        assert reader.feed("word ") == []
    assert len(reader.end()[0]) == 1_000_000
