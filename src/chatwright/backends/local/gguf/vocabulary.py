"""The file's tokens: are they all there, different, readable, and do the special ones exist?"""

from __future__ import annotations

import math
import re
from array import array
from collections.abc import Iterator, Sequence
from typing import Any, cast

from .contents import STRING, Array, Contents, Texts
from .problem import Problem

__all__ = ["vocabulary_problems"]

_PREFIX = "tokenizer.ggml."
_WITHOUT = ("no_vocab", "none", "")
_KNOWN = ("llama", "gpt2", "t5", "rwkv", "plamo2", "gemma4", "hybriddna", "whitespace")
_MERGING = ("gpt2", "gemma4", "hybriddna", "whitespace")
_BYTE = 6
_USUAL_TYPES, _POSSIBLE_TYPES = frozenset(range(7)), frozenset(range(10))
_LONGEST = 8192  # bytes of a token; a grammar makes the engine's stack overflow at three times that
_NONE = (-1, 2**32 - 1)  # what converters write for "there is none"


def vocabulary_problems(contents: Contents) -> Iterator[Problem]:
    """What is wrong with the tokens, the arrays beside them and the ids that point to them."""
    values = contents.values
    yield from _model(values.get(_PREFIX + "model"))
    tokens = values.get(_PREFIX + "tokens")
    if not isinstance(tokens, Texts):
        there = _PREFIX + "tokens" in contents.kinds
        yield Problem("its tokens are no list of texts" if there else "it has no tokens")
        return
    if not len(tokens):
        yield Problem("its list of tokens is empty")
        return
    yield from _lengths(contents, len(tokens))
    yield from _types(contents, tokens)
    yield from _scores(contents)
    yield from _spellings(tokens.raw)
    yield from _merges(contents)
    yield from _roles(contents, len(tokens))
    yield from _size(contents, len(tokens))


def _model(model: object) -> Iterator[Problem]:
    if model is None:
        yield Problem(f"it names no tokenizer ('{_PREFIX}model')")
    elif not isinstance(model, str) or model in _WITHOUT:
        yield Problem(f"it has no tokenizer ('{_PREFIX}model' is {model!r})")
    elif model == "bert":
        yield Problem("its tokenizer is that of an encoder (bert)", "take a chat model")
    elif model not in _KNOWN:
        hint = "the file may be newer than the engine: pip install -U xllamacpp"
        yield Problem(f"its tokenizer '{model[:40]}' is not known here", hint, fatal=False)


def _lengths(contents: Contents, count: int) -> Iterator[Problem]:
    for name, kinds in (("token_type", (5,)), ("scores", (5, 6))):
        key = _PREFIX + name
        if key not in contents.kinds:
            continue
        given = contents.arrays.get(key)
        if given is None:
            yield Problem(f"its '{key}' is no list")
        elif given.count != count:
            yield Problem(f"it has {count:,} tokens, and '{key}' is for {given.count:,}")
        elif given.kind not in kinds:
            yield Problem(f"its '{key}' has items of the type {given.kind}", fatal=False)


def _types(contents: Contents, tokens: Texts) -> Iterator[Problem]:
    types = contents.values.get(_PREFIX + "token_type")
    if not isinstance(types, (tuple, array)) or len(cast("Sequence[Any]", types)) != len(tokens):
        return
    kinds = cast("Sequence[Any]", types)
    found = set(kinds)
    if odd := found - _USUAL_TYPES:
        one = min(odd, key=str)
        what = f"its token {kinds.index(one)} has the type {one}, not 0 to 6"
        yield Problem(what, fatal=not odd <= _POSSIBLE_TYPES)
    if _BYTE in found and contents.values.get(_PREFIX + "model") in ("llama", "gpt2"):
        byte = re.compile(rb"<0x[0-9A-Fa-f]{2}>")
        for n, kind in enumerate(kinds):
            if kind == _BYTE and not byte.fullmatch(tokens.raw[n]):
                yield Problem(f"its token {n} stands for a byte and is spelled {tokens[n][:40]!r}")
                return


def _scores(contents: Contents) -> Iterator[Problem]:
    scores = array("f", contents.scores)
    if math.isfinite(sum(scores)):  # which it is not if only one of them is not
        return
    bad = next((n for n, score in enumerate(scores) if math.isnan(score)), None)
    if bad is not None:
        yield Problem(f"the score of its token {bad} is NaN")
    else:
        yield Problem("the scores of some of its tokens are infinite", fatal=False)


def _spellings(raw: Sequence[bytes]) -> Iterator[Problem]:
    whole = b"\n".join(raw)
    try:
        whole.decode()
    except UnicodeDecodeError:
        bad = next(n for n, token in enumerate(raw) if not _is_text(token))
        yield Problem(f"its token {bad} is not text: {raw[bad][:30]!r}")
        return
    if len(whole) > _LONGEST and (longest := max(map(len, raw))) > _LONGEST:
        bad = next(n for n, token in enumerate(raw) if len(token) == longest)
        yield Problem(f"its token {bad} has {longest:,} bytes")
    # The engine reads a token up to its first zero byte, gives the empty ones names, and aborts if two are alike.
    read = [t.split(b"\0", 1)[0] for t in raw] if b"\0" in whole else raw
    different = set(read)
    if b"" in different:
        read = [t or b"[EMPTY_%d]" % n for n, t in enumerate(read)]
        different = set(read)
    if len(different) < len(read):
        yield _twice(read)


def _twice(read: Sequence[bytes]) -> Problem:
    seen: dict[bytes, int] = {}
    for n, token in enumerate(read):
        if (before := seen.setdefault(token, n)) != n:
            shown = token[:40].decode(errors="replace")
            return Problem(f"its tokens {before} and {n} are the same: {shown!r}")
    raise AssertionError("two are the same")


def _merges(contents: Contents) -> Iterator[Problem]:
    key = _PREFIX + "merges"
    if contents.values.get(_PREFIX + "model") not in _MERGING:
        return
    given = contents.arrays.get(key, Array(STRING, 0))
    if key not in contents.kinds:
        if contents.values.get(_PREFIX + "pre") != "kimi-k2":
            yield Problem(f"its tokenizer needs merges, and it has none ('{key}')")
    elif key not in contents.arrays or given.kind != STRING:
        yield Problem(f"its '{key}' is no list of texts")
    elif given.count == 0:
        yield Problem(f"its '{key}' is empty: every letter will be a token", fatal=False)


def _roles(contents: Contents, count: int) -> Iterator[Problem]:
    for key, value in contents.values.items():
        if not (key.startswith(_PREFIX) and key.endswith("_token_id")):
            continue
        needed = key in (_PREFIX + "bos_token_id", _PREFIX + "eos_token_id")
        if not isinstance(value, int) or isinstance(value, bool):
            yield Problem(f"its '{key}' is {str(value)[:40]!r}, no token's number", fatal=needed)
        elif not 0 <= value < count and value not in _NONE:
            what = f"its '{key}' is {value:,}, and it has {count:,} tokens"
            yield Problem(what, fatal=needed)


def _size(contents: Contents, count: int) -> Iterator[Problem]:
    said = contents.of_model("vocab_size")
    if isinstance(said, int) and said != count:
        yield Problem(
            f"its '{contents.architecture}.vocab_size' is {said:,}, and it has {count:,} tokens",
            fatal=False,
        )


def _is_text(token: bytes) -> bool:
    try:
        token.decode()
    except UnicodeDecodeError:
        return False
    return True
