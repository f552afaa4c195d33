"""GGUF files before the engine sees them: every kind of damage has its own sentence, and nothing crashes."""

from __future__ import annotations

import gzip
import json
import math
import os
import random
import re
import socket
import struct
import time
from pathlib import Path
from typing import Any

import pytest
from gguf_damage import (
    ARRAY,
    BF16,
    DAMAGES,
    F16,
    FOREIGN,
    INF,
    NAN,
    Q8_0,
    QUERY,
    STRING,
    U8,
    U16,
    U32,
    WEIGHTS,
    WELL,
    model,
    only,
)
from gguf_files import (
    Stored,
    Typed,
    gguf_bytes,
    metadata,
    spaced_vocabulary,
    write_tiny,
)

import chatwright.backends.local.gguf.source as source_module
from chatwright.backends.local.gguf import Problem, examine
from chatwright.backends.local.gguf.contents import read_contents
from chatwright.backends.local.gguf.source import Source
from chatwright.backends.local.gguf.tensors import TYPES
from chatwright.backends.local.header import read_header
from chatwright.errors import BackendError

NANO = Path(__file__).parent.parent / "src" / "chatwright" / "nano" / "nano.gguf"
ARCHITECTURES = Path(__file__).parent / "recorded" / "architectures.json.gz"


def written(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


def refusal(path: Path) -> str:
    """What `read_header` says against a file; every refusal is one line, names the file and has a hint."""
    with pytest.raises(BackendError) as caught:
        read_header(path)
    said = str(caught.value)
    assert path.name in said and caught.value.hint and "\n" not in said and len(said) < 400
    return said


def warnings_of(path: Path) -> list[str]:
    return [problem.what for problem in examine(path).problems if not problem.fatal]


@pytest.mark.parametrize("damage", DAMAGES)
def test_every_damage_has_its_own_sentence(damage: str, tmp_path: Path):
    content, expected = DAMAGES[damage]
    said = refusal(written(tmp_path / "model.gguf", content()))
    assert re.search(expected, said), said


@pytest.mark.parametrize("kind", FOREIGN)
def test_what_is_no_gguf_is_named_and_the_hint_says_what_to_fetch(kind: str, tmp_path: Path):
    content, expected, hint = FOREIGN[kind]
    path = written(tmp_path / "model.gguf", content)
    assert expected in refusal(path)
    with pytest.raises(BackendError) as caught:
        read_header(path)
    assert hint in caught.value.hint


def test_a_piece_of_a_file_that_was_cut_up_is_known_by_its_name(tmp_path: Path):
    path = written(tmp_path / "model.gguf.part2of3", bytes(range(250, 100, -1)))
    with pytest.raises(BackendError) as caught:
        read_header(path)
    assert "join" in caught.value.hint


# Truncation


@pytest.mark.parametrize("vocabulary", [{}, spaced_vocabulary()], ids=["bytes", "pieces"])
def test_a_file_that_ends_early_is_refused_wherever_it_ends(
    vocabulary: dict[str, Any], tmp_path: Path
):
    path = write_tiny(tmp_path / "model.gguf", **vocabulary)
    whole = path.read_bytes()
    start = examine(path).contents.start
    ends = {*range(200), *range(200, start, 97), *range(start - 40, start + 3)}
    ends |= {*range(start, len(whole), 9001), len(whole) - 1}
    for end in sorted(ends):
        os.truncate(path, 0)
        written(path, whole[:end])
        refusal(path)


def test_every_byte_of_a_short_header_may_be_the_last(tmp_path: Path):
    whole = gguf_bytes({"general.architecture": "llama", "a": ["x", "y"], "b": Typed(U8, [1])}, {})
    for end in range(len(whole.rstrip(b"\0"))):
        refusal(written(tmp_path / "model.gguf", whole[:end]))


# Files that are no files


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="pipes and devices in the file system")
def test_what_cannot_be_read_twice_is_not_opened_and_never_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    pipe = tmp_path / "pipe.gguf"
    os.mkfifo(pipe)
    assert "it is a pipe" in refusal(pipe)
    monkeypatch.chdir(tmp_path)  # the path of a socket must be short
    listener = socket.socket(socket.AF_UNIX)
    listener.bind("s")
    assert "it is a socket" in refusal(tmp_path / "s")
    listener.close()
    assert "it is a device" in refusal(Path("/dev/zero"))
    assert "it is a folder" in refusal(tmp_path)


def test_links_that_lead_nowhere_or_in_a_circle_are_said_to(tmp_path: Path):
    broken, circle = tmp_path / "broken.gguf", tmp_path / "circle.gguf"
    broken.symlink_to(tmp_path / "gone.gguf")
    circle.symlink_to(circle)
    assert "is a link to" in refusal(broken)
    assert "symbolic links" in refusal(circle)


def test_a_good_link_is_a_good_file(tmp_path: Path):
    link = tmp_path / "link.gguf"
    link.symlink_to(write_tiny(tmp_path / "model.gguf"))
    assert read_header(link).architecture == "llama"


def test_a_path_that_is_none_is_an_error(tmp_path: Path):
    for path in (tmp_path / "a\0b", tmp_path / ("x" * 300), tmp_path / "file" / "model.gguf"):
        (tmp_path / "file").touch()
        with pytest.raises(BackendError):
            read_header(path)


def test_a_missing_file_is_named_with_those_that_are_there(tmp_path: Path):
    write_tiny(tmp_path / "there.gguf")
    with pytest.raises(BackendError, match=r"there is no file .*gone\.gguf") as caught:
        read_header(tmp_path / "gone.gguf")
    assert "there.gguf" in caught.value.hint


@pytest.mark.skipif(getattr(os, "geteuid", int)() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read_is_said_to(tmp_path: Path):
    path = write_tiny(tmp_path / "model.gguf")
    path.chmod(0)
    assert "Permission denied" in refusal(path)


def test_a_hole_of_a_terabyte_is_not_read(tmp_path: Path):
    path = written(tmp_path / "model.gguf", model())
    os.truncate(path, 2**40)
    assert read_header(path).architecture == "llama"
    hollow = only(a=Typed(ARRAY, struct.pack("<IQ", STRING, 2**34)))
    for content, expected in (
        (hollow, "claims 17,179,869,184 items"),
        (only(a=Typed(ARRAY, struct.pack("<IQ", U8, 2**34))), "claims 17,179,869,184 items"),
        (only(a=Typed(STRING, struct.pack("<Q", 2**34))), "claims to have 17,179,869,184 bytes"),
        (gguf_bytes(metadata(), WEIGHTS, pairs=2**30), "claims 1,073,741,824 key-value pairs"),
        (gguf_bytes(metadata(), WEIGHTS, count=2**30), "claims 1,073,741,824 tensors"),
        (b"", "empty but for zeros"),
    ):
        written(path, content)
        os.truncate(path, 2**40)
        started = time.process_time()
        assert expected in refusal(path)
        assert time.process_time() - started < 2


def test_a_file_that_shrinks_or_changes_while_it_is_read_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    path = write_tiny(tmp_path / "model.gguf")
    whole, read = path.read_bytes(), Source.read

    def shrinking(self: Source, at: int, count: int) -> bytes:
        if at == 0 and count > 512:
            os.truncate(path, 100)
        return read(self, at, count)

    def touched(self: Source, at: int, count: int) -> bytes:
        os.utime(path, (1, 1))
        return read(self, at, count)

    for interfering in (shrinking, touched):
        written(path, whole)
        monkeypatch.setattr(source_module.Source, "read", interfering)
        assert "was changed while it was read" in refusal(path)


# Files that are well


def test_a_whole_file_has_no_problems(tmp_path: Path):
    for name, changes in (("bytes", {}), ("pieces", spaced_vocabulary())):
        assert examine(write_tiny(tmp_path / f"{name}.gguf", **changes)).problems == ()


@pytest.mark.skipif(not NANO.exists(), reason="the built-in model is not in this tree")
def test_nano_has_no_problems_even_when_every_weight_is_looked_at():
    seen: list[tuple[int, int]] = []
    found = examine(NANO, thorough=True, watch=lambda done, whole: seen.append((done, whole)))
    assert found.problems == () and found.size == NANO.stat().st_size
    assert seen[-1][0] == seen[-1][1] and seen == sorted(seen)


@pytest.mark.parametrize("case", WELL)
def test_what_other_programs_write_is_accepted(case: str, tmp_path: Path):
    read_header(written(tmp_path / "model.gguf", WELL[case]()))


def test_what_is_only_odd_is_a_warning(tmp_path: Path):
    path = tmp_path / "model.gguf"
    for content, expected in (
        (WELL["whole numbers of other types"](), "stored as u64"),
        (WELL["an unknown tokenizer"](), "'later' is not known here"),
        (WELL["a type that is newer"](), "unknown type 43"),
        (WELL["a padding beyond the vocabulary"](), "padding_token_id' is 300"),
        (model(llama__vocab_size=300), "vocab_size' is 300"),
        (model(llama__rope__freq_base=0.0), "freq_base' is 0"),
        (model(tokenizer__ggml__merges=Typed(ARRAY, struct.pack("<IQ", 8, 0))), "is empty"),
        (model(tokenizer__ggml__scores=[*[0.5] * 268, INF]), "infinite"),
    ):
        assert any(expected in said for said in warnings_of(written(path, content))), expected
        assert any(expected in said for said in read_header(path).warnings)


@pytest.mark.skipif(not ARCHITECTURES.exists(), reason="the recorded shapes are not in this tree")
def test_files_of_every_architecture_that_the_engine_loads_are_accepted(tmp_path: Path):
    recorded: dict[str, Any] = json.loads(gzip.decompress(ARCHITECTURES.read_bytes()))
    assert len(recorded) > 60
    for name, (values, tensors) in recorded.items():
        given = {k: Typed(v[0], v[1]) if isinstance(v, list) else v for k, v in values.items()}
        common = {k: v for k, v in metadata().items() if not k.startswith("llama.")}
        shapes = {n: (shape, bytes(4 * math.prod(shape))) for n, shape in tensors.items()}
        path = written(tmp_path / "model.gguf", gguf_bytes({**common, **given}, shapes))
        assert [p.what for p in examine(path).problems if p.fatal] == [], name


# NaN in every type


@pytest.mark.parametrize(
    "kind", [k for k, v in TYPES.items() if v.finite], ids=lambda k: TYPES[k].name
)
def test_nan_is_found_in_every_type_of_tensor(kind: int, tmp_path: Path):
    block = TYPES[kind]
    raw = bytearray(random.Random(kind).randbytes(block.size * 40))
    for test in block.finite:  # no exponent of the random bytes may be full
        for place, mask in test:
            for n in range(40):
                raw[n * block.size + place] &= ~mask & 0xFF
    path = tmp_path / "model.gguf"
    shape = (block.elements * 40,)
    assert warnings_of(written(path, model({"x": Stored(shape, kind, bytes(raw))}))) == []
    for test in block.finite:
        bad = bytearray(raw)
        for place, mask in test:
            bad[39 * block.size + place] |= mask
        said = refusal(written(path, model({"x": Stored(shape, kind, bytes(bad))})))
        weight = f"{39 * block.elements:,}"
        assert f"'x' holds NaN or infinity (near weight {weight} of" in said


def test_the_largest_numbers_are_no_infinity(tmp_path: Path):
    largest = struct.pack("<4f", 3.4e38, -3.4e38, 1e-45, 0.0)
    halves = struct.pack("<4e", 65504.0, -65504.0, 6e-8, 0.0)
    brain = b"\x7f\x7f\x7f\xff\x80\x00\x00\x00"
    tensors = {"a": ((4,), largest), "b": Stored((4,), F16, halves), "c": Stored((4,), BF16, brain)}
    assert examine(written(tmp_path / "model.gguf", model(tensors)), thorough=True).problems == ()


def test_in_a_large_file_both_ends_of_every_tensor_are_looked_at_and_all_of_it_if_asked(
    tmp_path: Path,
):
    count = 20 << 20
    path = written(tmp_path / "model.gguf", model({"x": Stored((count,), 0, b"")}))
    start = examine_start(path, "x")
    os.truncate(path, start + 4 * count)
    assert read_header(path)
    for at in (0, 4 * (count - 1), 4 * (count // 2)):
        with path.open("r+b") as file:
            file.seek(start + at)
            file.write(struct.pack("<f", NAN))
        middle = at == 4 * (count // 2)
        assert ("holds NaN" in str(problems(path))) is not middle
        assert "holds NaN" in str(problems(path, thorough=True))
        with path.open("r+b") as file:
            file.seek(start + at)
            file.write(bytes(4))


def examine_start(path: Path, name: str) -> int:
    with Source(path) as source:
        contents = read_contents(source)
    return contents.start + next(t.offset for t in contents.tensors if t.name == name)


def problems(path: Path, *, thorough: bool = False) -> tuple[Problem, ...]:
    return examine(path, thorough=thorough).problems


def test_zeros_are_a_warning_when_every_weight_is_looked_at(tmp_path: Path):
    path = tmp_path / "model.gguf"
    written(path, model({QUERY: ((32, 32), bytes(4096))}))
    assert "attn_q.weight' holds nothing but zeros" in str(problems(path, thorough=True))
    block = (b"\0\x3c" + b"\1" * 32) * 4096
    hole = Stored((32, 4096 * 30), Q8_0, block * 5 + bytes(34 * 4096 * 20) + block * 5)
    found = problems(written(path, model({"x": hole})), thorough=True)
    assert "'x' has a hole of zeros" in str(found) and not any(p.fatal for p in found)


# Models in several files


def parts(folder: Path, count: int = 3, **changes: Any) -> list[Path]:
    """The tiny model in `count` files."""
    names = list(WEIGHTS)
    size = -(-len(names) // count)
    paths: list[Path] = []
    for n in range(count):
        own = {
            "split.no": Typed(U16, n),
            "split.count": Typed(U16, count),
            "split.tensors.count": len(names),
        }
        values = {**(metadata() if n == 0 else {}), **own, **changes.get(f"part{n + 1}", {})}
        chosen = {name: WEIGHTS[name] for name in names[n * size : (n + 1) * size]}
        path = folder / f"m-{n + 1:05d}-of-{count:05d}.gguf"
        paths.append(written(path, gguf_bytes(values, chosen)))
    return paths


def test_the_first_of_several_files_stands_for_all(tmp_path: Path):
    first, *others = parts(tmp_path)
    found = examine(first, thorough=True)
    assert found.problems == () and len(found.contents.tensors) == len(WEIGHTS)
    assert found.size == sum(path.stat().st_size for path in (first, *others))


def test_the_second_of_several_files_names_the_first(tmp_path: Path):
    _, second, _ = parts(tmp_path)
    with pytest.raises(BackendError) as caught:
        read_header(second)
    assert "m-00001-of-00003.gguf" in caught.value.hint


def test_a_part_that_is_missing_cut_off_or_of_another_model_is_named(tmp_path: Path):
    first, second, third = parts(tmp_path)
    whole = third.read_bytes()
    written(third, whole[:-1])
    assert third.name in refused(first)
    written(third, second.read_bytes())
    assert "m-00003-of-00003.gguf is not part 3 of 3" in refused(first)
    third.unlink()
    assert "m-00003-of-00003.gguf is not beside it" in refused(first)
    parts(tmp_path, part2={"split.no": Typed(U32, 1)})
    assert "m-00002-of-00003.gguf is not part 2" in refused(first)
    parts(tmp_path, part1={"split.tensors.count": 99})
    assert "21 tensors, and it claims 99" in refused(first)
    parts(tmp_path)
    written(third, whole.replace(struct.pack("<f", 1.0), struct.pack("<f", NAN)))
    assert "holds NaN" in refused(first)


def refused(path: Path) -> str:
    with pytest.raises(BackendError) as caught:
        read_header(path)
    return str(caught.value)
