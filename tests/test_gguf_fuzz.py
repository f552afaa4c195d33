"""GGUF files that chance has damaged: each is read or refused in words, whatever it holds, and quickly."""

from __future__ import annotations

import math
import random
import time
from pathlib import Path
from typing import Any

import pytest
from gguf_damage import F32_VALUE, FUZZED, I8, NAN, U64, WEIGHTS, T, damaged
from gguf_files import Typed, gguf_bytes, metadata, tiny_tensors
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chatwright.backends.local.header import read_header
from chatwright.errors import BackendError


def written(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


def refused(path: Path) -> str:
    with pytest.raises(BackendError) as caught:
        read_header(path)
    return str(caught.value)


def test_a_vocabulary_of_150_000_tokens_is_read_and_checked_in_a_moment(tmp_path: Path):
    tokens = [f"t{n}" for n in range(151_936)]
    content = gguf_bytes(
        {
            **metadata(),
            T + "tokens": tokens,
            T + "token_type": [1] * len(tokens),
            T + "merges": [f"t {n}" for n in range(151_387)],
        },
        tiny_tensors(8),
    )
    path = written(tmp_path / "model.gguf", content)
    best = math.inf
    for _ in range(3):
        started = time.process_time()
        assert "token_embd.weight' is 32 × 8" in refused(path)
        best = min(best, time.process_time() - started)
    assert best < 0.6  # a tenth of a second where nothing else runs


@pytest.mark.parametrize("which", range(len(FUZZED)))
def test_a_damaged_file_is_read_or_refused_and_nothing_else(which: int, tmp_path: Path):
    rng, path = random.Random(which), tmp_path / "model.gguf"
    refusals = 0
    for _ in range(400):
        written(path, damaged(FUZZED[which], rng))
        try:
            read_header(path)
        except BackendError as err:
            refusals += 1
            assert str(err) and err.hint
    assert refusals > 200


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.binary(max_size=300), st.booleans())
def test_any_bytes_are_refused_in_words(tmp_path: Path, content: bytes, with_magic: bool):
    path = written(tmp_path / "model.gguf", (b"GGUF\3\0\0\0" if with_magic else b"") + content)
    refused(path)


VALUES = st.one_of(
    st.integers(0, 2**32 - 1),
    st.floats(width=32),
    st.booleans(),
    st.text(max_size=5),
    st.lists(st.integers(0, 9), max_size=4),
    st.lists(st.text(max_size=3), min_size=1, max_size=4),
    st.sampled_from([Typed(U64, 2**63), Typed(I8, -1), Typed(F32_VALUE, NAN)]),
)


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.dictionaries(st.sampled_from(sorted(metadata())), VALUES, min_size=1, max_size=3))
def test_any_values_are_read_or_refused_in_words(tmp_path: Path, changes: dict[str, Any]):
    path = written(tmp_path / "model.gguf", gguf_bytes({**metadata(), **changes}, WEIGHTS))
    try:
        read_header(path)
    except BackendError as err:
        assert str(err) and err.hint


@pytest.mark.slow
def test_the_engine_takes_or_refuses_every_damaged_file_that_passes_and_survives_it(tmp_path: Path):
    from chatwright.backends.local import LocalBackend
    from chatwright.request import Request, Segment

    rng, path = random.Random(3), tmp_path / "model.gguf"
    tried = 0
    for n in range(400):
        written(path, damaged(FUZZED[n % 2], rng))
        try:
            read_header(path)
        except BackendError:
            continue
        tried += 1
        try:
            with LocalBackend(path, threads=1) as backend:
                list(backend.stream(Request(prompt=[Segment("hello", True)], max_tokens=4)))
        except BackendError as err:
            assert "crashed" not in str(err)
        if tried == 10:
            return
    raise AssertionError(f"only {tried} files passed")
