"""The index that is kept: brought up to date, shared by processes, and never in the way when it is damaged."""

from __future__ import annotations

import os
import random
import re
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path

import pytest

from chatwright.cli.reading import Reading
from chatwright.cli.screen import Screen
from chatwright.errors import UsageError
from chatwright.tools import cache as cache_module
from chatwright.tools import rank, store
from chatwright.tools import update as update_module
from chatwright.tools.cache import cache_folder
from chatwright.tools.files import Folder, Stamp
from chatwright.tools.found import Document, Passage, Progress
from chatwright.tools.index import Index
from chatwright.tools.keeper import Keeper
from chatwright.tools.lock import Lock
from chatwright.tools.passages import passages
from chatwright.tools.reading import Reader
from chatwright.tools.search import search

NOTES = Path(__file__).parents[1] / "examples" / "notes"


@pytest.fixture
def docs(tmp_path: Path) -> Path:
    folder = tmp_path / "docs"
    folder.mkdir()
    (folder / "ada.md").write_text("Ada keeps a cat.")
    (folder / "bob.md").write_text("Bob keeps a dog.")
    return folder


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CHATWRIGHT_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the files that are opened, as it happens."""
    opened: list[str] = []
    real = Reader.open

    def noted(self: Reader, file: object) -> object:
        opened.append(file.name)  # pyright: ignore
        return real(self, file)  # pyright: ignore

    monkeypatch.setattr(Reader, "open", noted)
    return opened


@pytest.fixture
def calm(monkeypatch: pytest.MonkeyPatch) -> None:
    """The files were written long before the test: none is looked at again to be sure."""
    monkeypatch.setattr(store, "_is_fresh", lambda known: False)  # pyright: ignore


def found(index: Index, query: str) -> set[str]:
    return {hit.passage.text for hit in index.find(query)}


def opened(folder: Path, query: str) -> set[str]:
    """What a fresh look into the folder finds."""
    index = Index.open(folder)
    try:
        return found(index, query)
    finally:
        index.close()


def settle(folder: Path) -> None:
    """Make every file look as if it was written long ago."""
    for path in folder.rglob("*"):
        os.utime(path, (1_600_000_000.5, 1_600_000_000.5))


# where it stands


def test_the_index_stands_in_the_cache_and_is_for_the_user_alone(docs: Path, cache: Path):
    before = sorted(docs.rglob("*"))
    assert opened(docs, "cat") == {"Ada keeps a cat."}
    assert sorted(docs.rglob("*")) == before
    kept = [path for path in cache.rglob("*") if path.is_file()]
    assert any(path.suffix == ".sqlite" for path in kept)
    if os.name != "nt":
        assert {path.stat().st_mode & 0o777 for path in kept} == {0o600}
        assert {p.stat().st_mode & 0o777 for p in (cache, cache / "indexes")} == {0o700}


@pytest.mark.skipif(os.name == "nt" or sys.platform == "darwin", reason="each system has its own")
def test_the_cache_is_where_the_system_has_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    assert cache_folder() == tmp_path / "cache"
    monkeypatch.delenv("CHATWRIGHT_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", "/x/y")
    assert cache_folder() == Path("/x/y/chatwright")
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")  # which the specification says to ignore
    monkeypatch.setenv("HOME", "/home/me")
    assert cache_folder() == Path("/home/me/.cache/chatwright")


def test_a_folder_has_one_index_however_it_is_named(
    docs: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.chdir(docs.parent)
    for name in (docs, "docs", "./docs/../docs"):
        Index.open(name).close()
    assert len(list(cache.rglob("*.sqlite"))) == 1
    Index.open(docs / "ada.md").close()  # a file by itself is another thing
    assert len(list(cache.rglob("*.sqlite"))) == 2


def test_reading_without_a_cache_leaves_none(docs: Path, cache: Path):
    assert found(Index.read(docs), "cat") == {"Ada keeps a cat."}
    assert not cache.exists()


def test_an_index_that_is_closed_says_so(docs: Path):
    index = Index.open(docs)
    index.close()
    with pytest.raises(UsageError, match="the index is closed"):
        index.find("cat")


# what changes


@pytest.mark.usefixtures("calm")
def test_what_is_unchanged_is_not_read_again(docs: Path, read: list[str]):
    assert opened(docs, "cat") == {"Ada keeps a cat."}
    assert sorted(read) == ["ada.md", "bob.md"]
    read.clear()
    assert opened(docs, "cat") == {"Ada keeps a cat."}
    assert read == []
    (docs / "bob.md").write_text("Bob keeps a cat, too.")
    assert len(opened(docs, "cat")) == 2
    assert read == ["bob.md"]


def test_what_is_new_changed_gone_or_renamed_is_seen(docs: Path):
    assert opened(docs, "cat dog") == {"Ada keeps a cat.", "Bob keeps a dog."}
    (docs / "eve.md").write_text("Eve keeps a fox.")
    assert opened(docs, "fox") == {"Eve keeps a fox."}
    (docs / "ada.md").write_text("Ada keeps two owls.")
    assert opened(docs, "cat owl") == {"Ada keeps two owls."}
    (docs / "bob.md").unlink()
    assert opened(docs, "dog") == set()
    (docs / "eve.md").rename(docs / "eva.md")
    index = Index.open(docs)
    assert [hit.passage.file for hit in index.find("fox")] == ["eva.md"]
    assert [hit.passage.title for hit in index.find("eva")] == ["Eva"]


def test_two_files_that_change_places_are_seen(docs: Path):
    settle(docs)
    Index.open(docs).close()
    (docs / "ada.md").rename(docs / "x.md")
    (docs / "bob.md").rename(docs / "ada.md")
    (docs / "x.md").rename(docs / "bob.md")
    index = Index.open(docs)
    assert {(h.passage.file, h.passage.text) for h in index.find("cat dog")} == {
        ("ada.md", "Bob keeps a dog."),
        ("bob.md", "Ada keeps a cat."),
    }


def test_a_change_that_keeps_size_and_date_is_seen(docs: Path):
    settle(docs)
    Index.open(docs).close()
    (docs / "ada.md").write_text("Ada keeps a cow.")
    settle(docs)
    assert opened(docs, "cow cat") == {"Ada keeps a cow."}


def test_a_change_in_the_same_tick_of_the_clock_is_seen(
    docs: Path, monkeypatch: pytest.MonkeyPatch
):
    now = time.time_ns() + 60 * 10**9

    def coarse(found: os.stat_result) -> Stamp:
        return Stamp(found.st_size, now, now, found.st_ino)  # a disk whose clock stands still

    monkeypatch.setattr(Stamp, "of", coarse)
    Index.open(docs).close()
    (docs / "ada.md").write_text("Ada keeps a cow.")
    assert opened(docs, "cow cat") == {"Ada keeps a cow."}


def test_a_file_that_was_only_touched_is_not_cut_again(docs: Path, monkeypatch: pytest.MonkeyPatch):
    Index.open(docs).close()
    os.utime(docs / "ada.md", (1, 1))
    monkeypatch.setattr(store.Writer, "remove", pytest.fail)
    assert opened(docs, "cat") == {"Ada keeps a cat."}


def test_a_file_that_could_not_be_read_is_tried_again(docs: Path, monkeypatch: pytest.MonkeyPatch):
    real = Folder.open

    def failing(self: Folder, file: object) -> object:
        raise_from = PermissionError(13, "Permission denied")
        from chatwright.tools.found import Unreadable

        raise Unreadable(f"cannot be read: {raise_from.strerror}") from raise_from

    with monkeypatch.context() as patch:
        patch.setattr(Folder, "open", failing)
        with pytest.raises(UsageError) as error:
            Index.open(docs)
    assert "ada.md (cannot be read: Permission denied)" in error.value.hint
    assert Folder.open is real
    assert opened(docs, "cat") == {"Ada keeps a cat."}


@pytest.mark.usefixtures("calm")
def test_what_was_skipped_is_named_each_time_and_not_read_each_time(docs: Path, read: list[str]):
    (docs / "bad.txt").write_bytes(b"a\0b")
    (docs / "empty.md").write_text("")
    for expected in (4, 0):
        index = Index.open(docs)
        assert index.skipped == (("bad.txt", "binary"), ("empty.md", "empty"))
        index.close()
        assert len(read) == expected
        read.clear()


def test_an_open_index_shows_one_state_until_it_is_refreshed(docs: Path):
    index = Index.open(docs)
    (docs / "ada.md").write_text("Ada keeps a cow.")
    assert opened(docs, "cow") == {"Ada keeps a cow."}  # somebody else has brought it up to date
    assert found(index, "cow cat") == {"Ada keeps a cat."}
    index.refresh()
    assert found(index, "cow cat") == {"Ada keeps a cow."}


def test_an_index_in_memory_can_be_refreshed_too(docs: Path):
    index = Index.read(docs)
    (docs / "ada.md").write_text("Ada keeps a cow.")
    index.refresh()
    assert found(index, "cow cat") == {"Ada keeps a cow."}


def test_a_folder_that_went_away_is_an_error_and_no_empty_index(docs: Path):
    index = Index.open(docs)
    docs.rename(docs.parent / "moved")
    with pytest.raises(UsageError, match="there is no folder"):
        index.refresh()


def test_nobody_sees_half_of_a_change(docs: Path):
    """Two files change together, again and again, while other threads search."""
    texts = [[f"Both {n} left.", f"Both {n} right."] for n in ("one", "two")]

    def write(number: int) -> None:
        for path, text in zip((docs / "ada.md", docs / "bob.md"), texts[number % 2], strict=True):
            path.write_text(text)

    write(0)
    index = Index.open(docs)
    seen: list[set[str]] = []
    done = threading.Event()

    def look() -> None:
        while not done.is_set():
            seen.append(found(index, "both"))

    threads = [threading.Thread(target=look) for _ in range(4)]
    for thread in threads:
        thread.start()
    for number in range(1, 12):
        write(number)
        index.refresh()
    done.set()
    for thread in threads:
        thread.join()
    assert set(map(frozenset, seen)) == {frozenset(texts[0]), frozenset(texts[1])}


def test_the_format_has_a_new_number_when_documents_are_cut_in_a_new_way():
    """If this fails, `store.FORMAT` has to count up, and the new number stands here with its digest."""
    texts = [path.read_text(encoding="utf-8") for path in sorted(NOTES.glob("*.md"))]
    cut = [passage for text in texts for passage in passages(Document("a.md", text))]
    digests = {1: "cb845d57faebdd6b"}
    assert digests[store.FORMAT] == sha256(repr(cut).encode()).hexdigest()[:16]


def test_an_index_of_another_format_is_made_anew(
    docs: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
):
    Index.open(docs).close()
    (before,) = cache.rglob("*.sqlite")
    monkeypatch.setattr(store, "FORMAT", 10_000)
    assert opened(docs, "cat") == {"Ada keeps a cat."}
    (after,) = cache.rglob("*.sqlite")
    assert after != before


# damage


def garbage(path: Path) -> None:
    path.write_bytes(b"no database at all " * 500)


def nothing(path: Path) -> None:
    path.write_bytes(b"")


def half(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2 + 100])


def zeros(path: Path) -> None:
    data = path.read_bytes()
    path.write_bytes(data[:4096] + bytes(len(data) - 4096))


def other_tables(path: Path) -> None:
    path.unlink()
    with sqlite3.connect(path) as database:
        database.execute("CREATE TABLE something (else_ TEXT)")
    database.close()


def no_passages(path: Path) -> None:
    with sqlite3.connect(path) as database:
        database.execute("DELETE FROM passages")
    database.close()


def wrong_log(path: Path) -> None:
    Path(f"{path}-wal").write_bytes(b"\x37\x7f\x06\x82" + bytes(5000))


@pytest.mark.parametrize(
    "damage", [garbage, nothing, half, zeros, other_tables, no_passages, wrong_log]
)
def test_a_damaged_index_is_made_anew(docs: Path, cache: Path, damage: Callable[[Path], None]):
    Index.open(docs).close()
    (path,) = cache.rglob("*.sqlite")
    damage(path)
    assert opened(docs, "cat") == {"Ada keeps a cat."}
    assert opened(docs, "dog") == {"Bob keeps a dog."}
    assert len(list(cache.rglob("*.sqlite"))) == 1


def test_random_damage_is_never_an_error(tmp_path: Path, cache: Path):
    rng = random.Random(3)
    folder = tmp_path / "many"
    folder.mkdir()
    for number in range(30):
        (folder / f"{number}.md").write_text(f"# Note {number}\n\n" + "some words. " * 200)
    for _ in range(25):
        Index.open(folder).close()
        (path,) = cache.rglob("*.sqlite")
        data = bytearray(path.read_bytes())
        for _ in range(rng.choice([1, 20])):
            start = rng.randrange(len(data))
            data[start : start + 500] = rng.randbytes(min(500, len(data) - start))
        path.write_bytes(data[: rng.choice([len(data), rng.randrange(len(data))])])
        assert isinstance(opened(folder, "note words"), set)


# no place for it


def told(folder: Path, query: str = "cat", cache: Path | None = None) -> tuple[set[str], list[str]]:
    """What is found, and what is said on the way."""
    notices: list[str] = []
    index = Index.open(folder, cache=cache, on_notice=notices.append)
    return found(index, query), notices


def test_without_a_place_for_it_the_index_is_kept_in_memory_and_that_is_said(
    docs: Path, tmp_path: Path
):
    (tmp_path / "file").write_text("in the way")
    answer, notices = told(docs, cache=tmp_path / "file" / "cache")
    assert answer == {"Ada keeps a cat."}
    assert notices == [
        "the index is kept for this time only: the cache cannot be used (Not a directory)"
    ]


def test_an_index_is_never_put_into_the_folder_that_is_read(docs: Path):
    answer, notices = told(docs, cache=docs / "cache")
    assert answer == {"Ada keeps a cat."}
    assert "lies inside the folder that is read" in notices[0]
    assert sorted(path.name for path in docs.iterdir()) == ["ada.md", "bob.md"]
    assert told(docs, cache=docs / ".cache") == (
        answer,
        [],
    )  # as of a home folder, where this is hidden


def test_a_full_disk_costs_the_cache_and_not_the_answer(
    docs: Path, monkeypatch: pytest.MonkeyPatch
):
    (docs / "long.md").write_text("A cat and a dog are here. " * 5_000)
    connect = cache_module._connect

    def small(where: str | Path) -> sqlite3.Connection:
        database = connect(where)
        if where not in ("", ":memory:"):
            database.execute("PRAGMA max_page_count = 30")
        return database

    monkeypatch.setattr(cache_module, "_connect", small)
    answer, notices = told(docs, "Ada")
    assert "Ada keeps a cat." in answer
    assert "database or disk is full" in notices[0]


# several at once


@pytest.mark.usefixtures("calm")
def test_who_comes_second_waits_for_the_first_and_reads_nothing_twice(docs: Path, read: list[str]):
    for number in range(60):
        (docs / f"{number}.md").write_text(f"Note {number} about a cat. " * 20)
    answers: list[int] = []

    def ask() -> None:
        index = Index.open(docs)
        answers.append(len(index.find("cat", limit=100)))
        index.close()

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(answers)) == 1
    assert len(answers) == 4
    assert len(read) == 62


def test_who_waits_for_somebody_who_does_nothing_goes_on_alone(
    docs: Path, monkeypatch: pytest.MonkeyPatch
):
    Index.open(docs).close()
    (docs / "ada.md").write_text("Ada keeps a fat cat.")
    monkeypatch.setattr("chatwright.tools.lock._TELL", 0.0)
    monkeypatch.setattr("chatwright.tools.lock._STUCK", 0.3)
    (lock,) = cache_folder().rglob("*.lock")
    with Lock(lock, "").held(lambda: None):
        answer, notices = told(docs)
    assert answer == {"Ada keeps a fat cat."}
    assert notices == [
        "another process is reading these documents: waiting for it",
        "the index is kept for this time only: another process keeps the index of this folder busy",
    ]
    assert told(docs) == (answer, [])


def test_a_sign_of_work_keeps_the_others_waiting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    path = tmp_path / "lock"
    working = Lock(path, "about")
    waited: list[float] = []
    started = threading.Event()

    def wait() -> None:
        start = time.monotonic()
        with Lock(path, "about").held(started.set):
            waited.append(time.monotonic() - start)

    monkeypatch.setattr("chatwright.tools.lock._TELL", 0.0)
    monkeypatch.setattr("chatwright.tools.lock._STUCK", 0.5)
    with working.held(lambda: None):
        thread = threading.Thread(target=wait)
        thread.start()
        assert started.wait(5)
        for number in range(8):
            os.utime(path, (number, number))
            time.sleep(0.1)
    thread.join()
    assert waited[0] > 0.8
    assert path.read_text() == "about"


# interrupted


@pytest.mark.usefixtures("calm")
def test_an_interrupted_reading_goes_on_where_it_was(
    docs: Path, read: list[str], monkeypatch: pytest.MonkeyPatch
):
    for number in range(50):
        (docs / f"{number:02}.md").write_text(f"Note {number} about a cat.")
    monkeypatch.setattr(update_module, "_COMMIT_TIME", 0.0)
    monkeypatch.setattr(update_module, "_TICK", 0.0)

    def stop(progress: Progress) -> None:
        if progress.files == 30:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Index.open(docs, on_progress=stop)
    assert len(read) == 30
    read.clear()
    index = Index.open(docs)
    assert len(index.find("cat", limit=100)) == 51
    assert 52 - 30 <= len(read) <= 52 - 28


def test_progress_counts_up_to_all_there_is(docs: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(update_module, "_TICK", 0.0)
    (docs / "long.md").write_text("A cat and a dog are here.\n\n" * 40_000)
    heard: list[Progress] = []
    Index.open(docs, on_progress=heard.append).close()
    reading = [p for p in heard if p.of_bytes]
    size = sum(path.stat().st_size for path in docs.iterdir())
    assert {(p.of_files, p.of_bytes) for p in reading} == {(3, size)}
    assert [p.files for p in reading] == sorted(p.files for p in reading)
    assert [p.bytes for p in reading] == sorted(p.bytes for p in reading)
    assert any(0 < p.bytes < size and p.files == 2 for p in reading)
    assert str(reading[-1]) == "3 of 3 files, 1 of 1 MB"


def test_a_person_sees_nothing_of_a_short_reading_and_how_far_a_long_one_is(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    with Reading(Screen()) as shown:
        shown(Progress(1, 2, 10, 20))
    assert capsys.readouterr() == ("", "")
    monkeypatch.setattr("chatwright.cli.reading._PATIENCE", 0.0)
    with Reading(Screen()) as shown:
        shown(Progress(0, 1_234))
        shown(Progress(1, 2, 1_000_000, 2_000_000))  # not again at once
    assert capsys.readouterr() == ("", "· reading the documents: 1,234 files found\n")


def test_on_a_terminal_the_progress_is_one_line_that_goes_away(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.setattr("chatwright.cli.reading._PATIENCE", 0.0)
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    with Reading(Screen()) as shown:
        shown(Progress(0, 12_345))
        shown(Progress(1, 2, 1_000_000, 2_000_000))
        shown.notice("something else")
    err = capsys.readouterr().err
    assert err.startswith(
        "\r  reading the documents: 12,345 files found\r  reading the documents: 1 of 2"
    )
    assert "\r· something else\n" in re.sub(r"\x1b\[\d*m", "", err)


READ = """
import sys
from chatwright.tools import update
from chatwright.tools.index import Index
update._COMMIT_WORK = 0.1
index = Index.open(sys.argv[1])
print(len(index.find("zebra")), index.find("zebra")[0].passage.file, flush=True)
"""


def process(docs: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", READ, str(docs)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def many(folder: Path, count: int) -> None:
    rng = random.Random(1)
    words = [f"word{number}" for number in range(3_000)]
    for number in range(count):
        text = ". ".join(" ".join(rng.choices(words, k=12)) for _ in range(60))
        (folder / f"{number:04}.md").write_text(f"# Note {number}\n\n{text}.\n")
    (folder / "last.md").write_text("A zebra.")


@pytest.mark.slow
def test_four_processes_at_once_all_answer(docs: Path, cache: Path):
    many(docs, 400)
    running = [process(docs) for _ in range(4)]
    for each in running:
        out, err = each.communicate(timeout=120)
        assert (out, err, each.returncode) == ("1 last.md\n", "", 0)
    assert len(list(cache.rglob("*.sqlite"))) == 1


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="needs signals")
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT])
def test_a_process_that_is_killed_leaves_what_it_has_done(
    docs: Path, cache: Path, how: signal.Signals
):
    many(docs, 1_500)
    each = process(docs)
    kept = 0
    while kept == 0:  # until the first part of it is there
        assert each.poll() is None
        kept = _files_in(cache)
        time.sleep(0.01)
    each.send_signal(how)
    each.communicate(timeout=30)
    assert each.returncode != 0
    kept = _files_in(cache)
    assert 0 < kept < 1_501
    again = process(docs)
    assert again.communicate(timeout=120) == ("1 last.md\n", "")
    assert _files_in(cache) == 1_503


def _files_in(cache: Path) -> int:
    for path in cache.rglob("*.sqlite"):
        database = sqlite3.connect(path)
        try:
            return int(database.execute("SELECT count(*) FROM files").fetchone()[0])
        except sqlite3.Error:
            return 0
        finally:
            database.close()
    return 0


def test_indexes_that_nobody_uses_are_removed_some_day(docs: Path, cache: Path, tmp_path: Path):
    old, gone, new = tmp_path / "old", tmp_path / "gone", tmp_path / "new"
    for folder in (old, gone, new):
        folder.mkdir()
        (folder / "a.md").write_text("A cat.")
    Index.open(old).close()
    Index.open(gone).close()
    for path in cache.rglob("*.*"):
        days = 30 if path.suffix != "" else 0
        os.utime(path, (time.time() - days * 86_400,) * 2)
    (gone / "a.md").unlink()
    gone.rmdir()
    Index.open(new).close()
    roots = {path.read_text() for path in cache.rglob("*.lock")}
    assert roots == {str(old), str(new)}
    assert len(list(cache.rglob("*.sqlite"))) == 2


# a large index


def large(seed: int = 1, size: int = 6_000) -> Iterator[Passage]:
    """Passages of made-up words, of which a few are very common."""
    rng = random.Random(seed)
    words = [f"w{number}" for number in range(2_000)]
    weights = [1 / (number + 3) for number in range(2_000)]
    for number in range(size):
        text = " ".join(rng.choices(words, weights, k=40))
        yield Passage(f"{number // 20}.md", f"T{number // 20}", "", text)


@pytest.fixture(scope="module")
def big() -> Index:
    return Index(large())


def best_of(index: Index, query: str, limit: int) -> list[tuple[int, float]]:
    state = index._state
    return rank.best(state.database, state.size, query, limit)


def test_what_a_large_index_finds_is_nearly_as_good_as_if_all_was_weighed(
    big: Index, monkeypatch: pytest.MonkeyPatch
):
    rng = random.Random(2)
    shares: list[float] = []
    for _ in range(40):
        query = " ".join(
            f"w{int(rng.paretovariate(0.5)) % 2_000}" for _ in range(rng.randint(1, 5))
        )
        with monkeypatch.context() as patch:
            patch.setattr(rank, "_EXACT", 10**9)
            exact = dict(best_of(big, query, 10_000))
        bounded = [row for row, _ in best_of(big, query, 20)]
        assert len(bounded) == min(20, len(exact))
        top = sorted(exact.values(), reverse=True)[:3]
        shares.append(sum(exact[row] for row in bounded[:3]) / sum(top) if top else 1)
    assert sum(shares) / len(shares) > 0.95
    assert min(shares) > 0.6


def test_in_a_large_index_a_phrase_of_common_words_finds_its_passage():
    target = Passage("middle.md", "Middle", "", "w5 w1 w2 w9 w3 w4 w0 and so on")
    found = list(large())
    index = Index([*found[:3_000], target, *found[3_000:]])
    assert index.find("w2 w9 w3 w4")[0].passage == target
    assert index.find("w1")  # in nearly all of them
    assert index.find("w1 w2 w3 w4 w5 w6 w7 w8 w9 w10 " * 10)


def test_a_sentence_in_the_middle_of_a_long_file_is_found(tmp_path: Path):
    rng = random.Random(4)
    words = [
        "the",
        "of",
        "and",
        "to",
        "a",
        "river",
        "town",
        "old",
        "new",
        "small",
        "people",
        "house",
    ]
    text = [" ".join(rng.choices(words, k=14)).capitalize() + "." for _ in range(20_000)]
    text[9_000] = "The old house of the small river people is a new town."
    (tmp_path / "long.txt").write_text(" ".join(text))
    answer = search(Index.read(tmp_path)).call(query="old house of the small river people")
    assert text[9_000] in answer.split("\n")[0]


def test_a_keeper_without_a_listener_does_not_stumble(docs: Path, caplog: pytest.LogCaptureFixture):
    keeper = Keeper(Folder.at(docs), cached=True, cache=docs / "here")
    keeper.current().close()
    assert "the cache lies inside the folder that is read" in caplog.text
