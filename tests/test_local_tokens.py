"""What the engine tells of its tokens: ids, parts of a text, and log probabilities."""

from __future__ import annotations

import math
from collections.abc import Iterator

import pytest
from gguf_files import spaced_vocabulary, token_id, write_tiny
from hypothesis import given, settings
from hypothesis import strategies as st
from local_requests import GREEDY, both, ours, says, told

from chatwright.backends.local import LocalBackend
from chatwright.backends.local.answer import Answer
from chatwright.errors import UsageError
from chatwright.request import End, Grammar, Logprob, Piece, Request


@pytest.fixture(scope="module")
def backend(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalBackend]:
    path = write_tiny(tmp_path_factory.mktemp("tiny") / "t.gguf", llama__context_length=2048)
    with LocalBackend(path, threads=1) as opened:
        yield opened


@pytest.fixture(scope="module")
def spaced(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalBackend]:
    path = write_tiny(tmp_path_factory.mktemp("spaced") / "s.gguf", **spaced_vocabulary())
    with LocalBackend(path, threads=1) as opened:
        yield opened


def pieces(items: list[Piece | End]) -> list[Piece]:
    return [item for item in items if isinstance(item, Piece)]


# Texts


def test_a_text_is_told_token_by_token(backend: LocalBackend):
    assert backend.tokens("hello in") == [(token_id("hello"), "hello"), (token_id("Ġ"), " "), (token_id("in"), "in")]  # fmt: skip
    assert backend.tokens("") == []


def test_a_character_of_several_tokens_stands_beside_the_last(backend: LocalBackend):
    assert [text for _, text in backend.tokens("é日")] == ["", "é", "", "", "日"]


def test_control_tokens_count_only_when_asked_for(backend: LocalBackend):
    assert backend.tokens("</s>", special=True) == [(token_id("</s>"), "</s>")]
    assert token_id("</s>") not in [id for id, _ in backend.tokens("</s>")]


TEXTS = st.text(st.sampled_from("ab <>/s|é日😀\n\0\t_"), max_size=20)


@settings(deadline=None, max_examples=25)
@given(TEXTS, st.booleans())
def test_the_parts_together_are_the_text(backend: LocalBackend, text: str, special: bool):
    parts = backend.tokens(text, special=special)
    assert "".join(part for _, part in parts) == text
    assert len(parts) == backend.count(text) or not special


@pytest.mark.parametrize("text", ["ab", " ab", "  ab", "x ab</s>", "日", " "])
def test_a_tokenizer_that_begins_with_a_space_of_its_own_does_not_show_it(
    spaced: LocalBackend, text: str
):
    assert "".join(part for _, part in spaced.tokens(text)) == text


def test_ids_become_text_again(backend: LocalBackend):
    text = "hello é日😀 there"
    assert backend.detokenize([id for id, _ in backend.tokens(text)]) == text
    assert backend.detokenize([token_id("<|user|>"), token_id("hello")]) == "<|user|>hello"
    assert backend.detokenize([]) == ""
    assert backend.detokenize(backend.tokenize([ours("日")])[:2]) == "\N{REPLACEMENT CHARACTER}"


@pytest.mark.parametrize("id", [-1, 269, 2**40])
def test_an_id_that_no_token_has_is_refused(backend: LocalBackend, id: int):
    with pytest.raises(UsageError, match=f"no token {id}"):
        backend.detokenize([1, id])


# Answers


def test_the_ids_of_an_answer_are_those_of_its_text(backend: LocalBackend):
    items = both(backend, says("in hello there"))
    ids = [id for piece in pieces(items) for id in piece.tokens]
    assert backend.detokenize(ids) == "in hello there"
    assert items[-1].usage.completion in (len(ids), len(ids) + 1)  # one more for the end token


def test_no_logprobs_are_told_unless_asked_for(backend: LocalBackend):
    assert all(piece.logprobs == () for piece in pieces(both(backend, says("hi"))))


@pytest.mark.parametrize("most", [0, 1, 3])
def test_each_token_comes_with_its_logprob_and_the_likeliest_in_its_place(
    backend: LocalBackend, most: int
):
    request = Request(prompt=[ours("hello")], sampling=GREEDY, max_tokens=12, logprobs=most)
    for piece in pieces(both(backend, request)):
        assert len(piece.logprobs) == len(piece.tokens)
        for chosen, id in zip(piece.logprobs, piece.tokens, strict=True):
            assert chosen.token == id
            assert -100 < chosen.logprob <= 0
            assert len(chosen.top) == most
            assert [t.logprob for t in chosen.top] == sorted((t.logprob for t in chosen.top), reverse=True)  # fmt: skip


def test_greedy_takes_the_likeliest_token(backend: LocalBackend):
    request = Request(prompt=[ours("hello")], sampling=GREEDY, max_tokens=8, logprobs=2)
    for piece in pieces(list(backend.stream(request))):
        # A character of several tokens is told as one, by its last token.
        assert piece.logprobs[-1].logprob == pytest.approx(piece.logprobs[-1].top[0].logprob)


def test_the_logprobs_are_the_model_s_own_before_the_constraint(backend: LocalBackend):
    (chosen,) = [
        lp for piece in pieces(both(backend, says("x", logprobs=1))) for lp in piece.logprobs
    ]
    assert chosen.text == "x"
    assert chosen.logprob < chosen.top[0].logprob
    assert chosen.top[0].text != "x"


def test_the_logprobs_of_a_whole_vocabulary_are_a_distribution(backend: LocalBackend):
    request = says("x", logprobs=269)
    chosen = pieces(list(backend.stream(request)))[0].logprobs[0]
    assert sum(math.exp(t.logprob) for t in chosen.top) == pytest.approx(1, abs=1e-3)


def test_a_character_of_several_tokens_has_the_logprob_of_the_last(backend: LocalBackend):
    (piece,) = pieces(both(backend, says("日", logprobs=1)))
    assert [(lp.text, lp.token) for lp in piece.logprobs] == [("日", piece.tokens[-1])]


def told_chunk(text: str, id: int) -> dict[str, object]:
    known = {
        "id": id,
        "token": text,
        "bytes": [*text.encode()],
        "logprob": -1.5,
        "top_logprobs": [],
    }
    return {
        "content": text,
        "tokens": [id],
        "tokens_predicted": id,
        "completion_probabilities": [known],
    }


def test_tokens_behind_a_stop_are_not_told_and_one_that_it_cuts_is():
    answer = Answer(["STOP"], 3, logprobs=0)
    items = [
        item
        for text, id in (("ab", 1), ("cS", 2), ("TO", 3), ("Pd", 4))
        for item in answer.feed(told_chunk(text, id))
    ]
    assert [(p.text, p.tokens) for p in pieces(items)] == [("ab", (1,)), ("c", (2,))]
    assert pieces(items)[1].logprobs == (Logprob(2, "cS", -1.5),)
    assert isinstance(items[-1], End) and items[-1].usage.completion == 4


def test_tokens_that_were_held_back_for_a_stop_that_did_not_come_are_told_late():
    answer = Answer(["abc"], 3)
    items = [
        item
        for text, id in (("a", 1), ("b", 2), ("x", 3))
        for item in answer.feed(told_chunk(text, id))
    ]
    assert [(p.text, p.tokens) for p in pieces(items)] == [("abx", (1, 2, 3))]


def test_a_logprob_that_is_no_number_is_minus_infinity():
    answer = Answer([], 1, logprobs=1)
    known = {"id": 5, "token": "", "bytes": [0xE6], "logprob": None, "top_logprobs": []}
    (piece,) = answer.feed({"content": "x", "tokens": [5], "completion_probabilities": [known]})
    assert isinstance(piece, Piece)
    assert piece.logprobs == (Logprob(5, "\N{REPLACEMENT CHARACTER}", -math.inf),)


def test_logprobs_do_not_change_the_answer(backend: LocalBackend):
    plain = Request(prompt=[ours("hello there")], sampling=GREEDY, max_tokens=20)
    asked = Request(prompt=[ours("hello there")], sampling=GREEDY, max_tokens=20, logprobs=5)
    assert told(list(backend.stream(plain))) == told(list(backend.stream(asked)))
    cut = Request(
        prompt=[ours("hi")], stop=["b"], constraint=Grammar('root ::= "aabb"'), logprobs=0
    )
    assert [(p.text, len(p.logprobs)) for p in pieces(both(backend, cut))] == [("a", 1), ("a", 1)]
