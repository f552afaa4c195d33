"""What it takes to index and to search 100 MB of text, in many files and in one.

    .venv/bin/python benchmarks/documents.py            # 100 MB
    .venv/bin/python benchmarks/documents.py --mb 10

Claims: 100 MB are read in bounded memory (under 250 MB), looked through again in under 0.3 s when nothing has
changed, and searched in under 50 ms, common words included. Peers: SQLite's full-text search by itself, a row for
each paragraph, asked for its twenty best rows; and a scan of all files with `grep`. CPU time, as everywhere here.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from itertools import accumulate
from pathlib import Path

from measure import Cost, command, row

_FILES = 2_600
_COMMON = "the of and to in a is was that for on as with by at from it his her were are which this had".split()  # fmt: skip  # noqa: SIM905

_OURS = """
import json, sys, time
from chatwright.tools.index import Index
folder, cache, queries = sys.argv[1], sys.argv[2], json.loads(sys.argv[3])
start = time.process_time()
index = Index.open(folder, cache=cache)
opened = time.process_time() - start
times = []
for query in queries:
    index.find(query)
    start = time.process_time()
    index.find(query)
    times.append(time.process_time() - start)
print(json.dumps([opened, times]))
"""
_THEIRS = """
import json, pathlib, sqlite3, sys, time
folder, cache, queries = sys.argv[1], sys.argv[2], json.loads(sys.argv[3])
start = time.process_time()
database = sqlite3.connect(cache + "/bare.sqlite")
if not database.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
    database.execute("CREATE VIRTUAL TABLE text USING fts5(body, tokenize = 'porter unicode61')")
    for path in sorted(pathlib.Path(folder).rglob("*.md")):
        rows = ((part,) for part in path.read_text("utf-8").split("\\n\\n"))
        database.executemany("INSERT INTO text VALUES (?)", rows)
    database.commit()
opened = time.process_time() - start
times = []
for query in queries:
    words = " OR ".join('"%s"' % word for word in query.split())
    for _ in range(2):
        start = time.process_time()
        database.execute("SELECT body FROM text WHERE text MATCH ? ORDER BY rank LIMIT 20", (words,)).fetchall()
    times.append(time.process_time() - start)
print(json.dumps([opened, times]))
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--mb", type=int, default=100)
    size = parser.parse_args().mb * 1_000_000
    with tempfile.TemporaryDirectory() as place:
        many, one = Path(place, "many"), Path(place, "one")
        words = write(many, size)
        one.mkdir()
        with (one / "all.md").open("wb") as out:
            for path in sorted(many.rglob("*.md")):
                out.write(path.read_bytes())
        queries = questions(words)
        row(f"{size / 1e6:.0f} MB, {_FILES} files", "CPU", "MB/s", "memory", "on disk")
        _index("chatwright, many files", _OURS, many, Path(place, "a"), size)
        _index("chatwright, one file", _OURS, one, Path(place, "b"), size)
        _index("SQLite alone, a row for each paragraph", _THEIRS, many, Path(place, "c"), size)
        _again(many, Path(place, "a"))
        _search(queries, many, Path(place, "a"), Path(place, "c"))


def write(folder: Path, size: int) -> list[str]:
    """Notes of made-up sentences, most words rare and a few everywhere; the words, common ones first."""
    rng = random.Random(7)
    sounds = [a + b for a in "b c d f g h k l m n p r s t v w st tr br".split() for b in "aeiou"]  # noqa: SIM905
    words = list(
        dict.fromkeys("".join(rng.choices(sounds, k=rng.randint(2, 4))) for _ in range(60_000))
    )
    words = _COMMON + words
    weights = list(accumulate(1 / (rank + 3) for rank in range(len(words))))
    sentences = [
        " ".join(rng.choices(words, cum_weights=weights, k=rng.randint(6, 22))).capitalize() + "."
        for _ in range(60_000)
    ]
    left = size
    for number in range(_FILES):
        share = left if number == _FILES - 1 else int(rng.paretovariate(1.3) * size / _FILES / 4)
        path = folder / f"part{number % 40}" / f"note-{number}.md"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(_note(rng, sentences, min(share, left)), encoding="utf-8")
        left -= path.stat().st_size
        if left <= 0:
            break
    return words


def _note(rng: random.Random, sentences: Sequence[str], size: int) -> str:
    parts = [f"# {rng.choice(sentences)[:40]}"]
    length = 0
    while length < size:
        chosen = rng.choices(sentences, k=rng.randint(2, 7))
        kind = rng.random()
        if kind < 0.1:
            part = f"## {chosen[0][:50]}"
        elif kind < 0.2:
            part = "\n".join(f"- {sentence}" for sentence in chosen)
        else:
            part = " ".join(chosen)
        parts.append(part)
        length += len(part) + 2
    return "\n\n".join(parts) + "\n"


def questions(words: Sequence[str]) -> list[str]:
    """Queries of rare words, of common ones, of both, and of nothing but small words."""
    rng = random.Random(1)
    common, rare = words[len(_COMMON) : len(_COMMON) + 60], words[3_000:40_000]
    some = [
        rng.choice(common),
        " ".join(common[:3]),
        "the",
        "the of and to",
        words[500],
        words[2_000],
    ]
    for _ in range(30):
        some.append(" ".join(rng.choices(rare, k=rng.randint(1, 4))))
        some.append(" ".join([*rng.choices(common, k=rng.randint(1, 3)), rng.choice(rare)]))
        some.append(" ".join(rng.choices(common, k=rng.randint(1, 4))))
    return some


def _run(
    code: str, folder: Path, cache: Path, queries: Sequence[str] = ()
) -> tuple[float, list[float]]:
    cache.mkdir(exist_ok=True)
    words = [sys.executable, "-c", code, str(folder), str(cache), json.dumps(queries)]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(done.stderr[-2000:])
    opened, times = json.loads(done.stdout)
    return opened, times


def _index(name: str, code: str, folder: Path, cache: Path, size: int) -> None:
    cache.mkdir()
    cost: Cost = command(sys.executable, "-c", code, str(folder), str(cache), "[]")
    disk = sum(path.stat().st_size for path in cache.rglob("*") if path.is_file())
    speed = f"{size / 1e6 / cost.cpu:.1f}"
    row(name, f"{cost.cpu:.1f} s", speed, f"{cost.memory / 1e6:.0f} MB", f"{disk / 1e6:.0f} MB")


def _again(folder: Path, cache: Path) -> None:
    unchanged = statistics.median(_run(_OURS, folder, cache)[0] for _ in range(5))
    row("")
    row("opened again, nothing changed", f"{unchanged * 1000:.0f} ms", _claim(unchanged, 0.3))
    changed: list[float] = []
    note = min(folder.rglob("*.md"), key=lambda path: path.stat().st_size)
    for number in range(5):
        note.write_text(f"A zebra, {number} times.\n", encoding="utf-8")
        changed.append(_run(_OURS, folder, cache)[0])
    row("opened again, one small note changed", f"{statistics.median(changed) * 1000:.0f} ms")


def _search(queries: Sequence[str], folder: Path, ours: Path, theirs: Path) -> None:
    row("")
    row(f"{len(queries)} queries, asked for the second time", "median", "9 of 10", "worst", "claim")
    for name, code, cache in (("chatwright", _OURS, ours), ("SQLite alone", _THEIRS, theirs)):
        times = sorted(_run(code, folder, cache, queries)[1])
        shown = (statistics.median(times), times[len(times) * 9 // 10], times[-1])
        claim = _claim(times[-1], 0.05) if code is _OURS else ""
        row(name, *(f"{t * 1000:.1f} ms" for t in shown), claim)
    if grep := shutil.which("grep"):
        start = os.times()
        for query in queries[:3]:
            subprocess.run([grep, "-rciF", query, folder], stdout=subprocess.DEVNULL, check=False)
        end = os.times()
        spent = (
            end.children_user + end.children_system - start.children_user - start.children_system
        ) / 3
        row("grep through all files", f"{spent * 1000:.0f} ms")


def _claim(seconds: float, most: float) -> str:
    return f"{'under' if seconds <= most else 'OVER'} {most * 1000:.0f} ms"


if __name__ == "__main__":
    started = time.monotonic()
    main()
    row("")
    row("all of it", f"{time.monotonic() - started:.0f} s")
