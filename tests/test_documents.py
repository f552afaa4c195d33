"""Which files of a folder are read, however odd they are, and in which encodings."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatwright.errors import UsageError
from chatwright.tools.clean import cleaned, shown
from chatwright.tools.documents import list_documents
from chatwright.tools.files import Folder
from chatwright.tools.found import Unreadable
from chatwright.tools.index import Index
from chatwright.tools.readers import Paragraph
from chatwright.tools.readers.decode import encoding_of, texts
from chatwright.tools.readers.markup import text_blocks
from chatwright.tools.search import search

no_links = pytest.mark.skipif(os.name == "nt", reason="links need rights on Windows")


def folder_of(tmp_path: Path, files: dict[str, str | bytes]) -> Path:
    """A folder with these files, beside whatever else there is in `tmp_path`."""
    root = tmp_path / "docs"
    root.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return root


def found(index: Index | Path, query: str) -> list[str]:
    index = index if isinstance(index, Index) else Index.read(index)
    return search(index).call(query=query).split("\n")


def skipped(index: Index) -> dict[str, str]:
    return {s.file: s.reason for s in index.skipped}


# links


@no_links
def test_a_link_to_a_folder_is_not_followed_wherever_it_leads(tmp_path: Path):
    folder = folder_of(tmp_path, {"a.md": "cat a", "sub/b.md": "cat b", "sub/deep/c.md": "cat c"})
    (folder / "again").symlink_to(folder / "sub")
    (folder / "sub" / "up").symlink_to("..")
    (folder / "sub" / "deep" / "self").symlink_to(".")
    (folder / "out").symlink_to("/")
    index = Index.read(folder)
    assert {hit.passage.file for hit in index.find("cat")} == {"a.md", "sub/b.md", "sub/deep/c.md"}
    assert set(skipped(index).values()) == {"a link to a folder"}
    assert len(index.skipped) == 4


@no_links
def test_a_chain_of_links_is_judged_by_where_it_ends(tmp_path: Path):
    (tmp_path / "secret.md").write_text("cat secret")
    folder = folder_of(tmp_path, {"a.md": "cat a", ".kept/inner.md": "cat inner"})
    (folder / "one.md").symlink_to("two.md")
    (folder / "two.md").symlink_to("../secret.md")
    (folder / "three.md").symlink_to("four.md")
    (folder / "four.md").symlink_to(".kept/inner.md")
    (folder / "round.md").symlink_to("round.md")
    index = Index.read(folder)
    assert {hit.passage.text for hit in index.find("cat")} == {"cat a", "cat inner"}
    assert skipped(index)["one.md"] == skipped(index)["two.md"] == "a link to outside the folder"
    assert skipped(index)["round.md"] == "not a file"


@no_links
@pytest.mark.parametrize("swapped", ["a.md", "sub"])
def test_what_becomes_a_link_after_it_was_found_is_not_followed(tmp_path: Path, swapped: str):
    folder = folder_of(tmp_path, {"a.md": "cat", "sub/a.md": "cat"})
    folder_of(tmp_path / "else", {"a.md": "secret", "sub/a.md": "secret"})
    files, _ = list_documents(Folder.at(folder))
    (folder / swapped).rename(folder / f".{swapped}")
    (folder / swapped).symlink_to(tmp_path / "else" / "docs" / swapped)
    refused = 0
    for file in files:
        try:
            with Folder.at(folder).open(file) as opened:
                assert opened.read() == b"cat"
        except Unreadable as err:
            refused += 1
            assert str(err).startswith("cannot be read: ")
    assert refused == 1


@no_links
def test_a_folder_that_is_given_by_a_link_is_read(tmp_path: Path):
    folder = folder_of(tmp_path, {"a.md": "One cat."})
    (tmp_path / "link").symlink_to(folder)
    assert found(tmp_path / "link", "cat") == ["[a.md] A: One cat."]


# odd files


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs pipes")
def test_what_is_no_file_is_never_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    folder = folder_of(tmp_path, {"a.md": "cat"})
    os.mkfifo(folder / "pipe.md")
    monkeypatch.chdir(folder)  # the name of a socket may not be long
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind("socket.md")
        (folder / "null.md").symlink_to("/dev/null")
        (folder / "zero.md").symlink_to("/dev/zero")
        index = Index.read(folder)
    assert skipped(index) == dict.fromkeys(
        ["pipe.md", "socket.md", "null.md", "zero.md"], "not a file"
    )


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs pipes")
def test_a_pipe_that_takes_the_place_of_a_file_does_not_block(tmp_path: Path):
    folder = folder_of(tmp_path, {"a.md": "cat"})
    files, _ = list_documents(Folder.at(folder))
    (folder / "a.md").unlink()
    os.mkfifo(folder / "a.md")
    with pytest.raises(Unreadable, match="not a file"):
        Folder.at(folder).open(files[0])


def test_a_file_that_went_away_is_named(tmp_path: Path):
    folder = folder_of(tmp_path, {"a.md": "cat"})
    files, _ = list_documents(Folder.at(folder))
    (folder / "a.md").unlink()
    with pytest.raises(Unreadable, match="cannot be read: No such file"):
        Folder.at(folder).open(files[0])


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may read everything")
def test_what_may_not_be_read_is_named(tmp_path: Path):
    folder = folder_of(tmp_path, {"a.md": "cat", "b.md": "secret", "sub/c.md": "secret"})
    (folder / "b.md").chmod(0)
    (folder / "sub").chmod(0)
    try:
        index = Index.read(folder)
    finally:
        (folder / "sub").chmod(0o700)
    assert skipped(index) == dict.fromkeys(["b.md", "sub"], "cannot be read: Permission denied")


def test_folders_are_read_at_any_depth(tmp_path: Path):
    folder = folder_of(tmp_path, {"a.md": "cat"})
    (folder / Path(*["d"] * 300)).mkdir(parents=True)
    (folder / Path(*["d"] * 300) / "deep.md").write_text("A zebra.")
    (line,) = found(folder, "zebra")
    assert line.endswith("/d/deep.md] Deep: A zebra.")
    assert len(line) < 200


@pytest.mark.skipif(os.name == "nt", reason="Windows cannot have such paths")
def test_a_path_longer_than_the_system_allows_is_still_read(tmp_path: Path):
    folder = folder_of(tmp_path, {"a.md": "cat"})
    here = os.open(folder, os.O_RDONLY)
    for _ in range(30):  # 30 × 201 characters
        os.mkdir("d" * 200, dir_fd=here)
        below = os.open("d" * 200, os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = below
    file = os.open("deep.md", os.O_CREAT | os.O_WRONLY, dir_fd=here)
    os.write(file, b"A zebra.")
    os.close(file)
    os.close(here)
    assert found(folder, "zebra")[0].endswith("/deep.md] Deep: A zebra.")


@pytest.mark.parametrize(
    ("name", "shows"),
    [
        (b"new\nline.md", "new line.md"),
        (b"esc\x1b[31mred.md", "escred.md"),
        (b"caf\xc3\xa9.md", "café.md"),
        (b"latin\xe9.md", "latin\ufffd.md"),
        (b"tab\tand  spaces.md", "tab and spaces.md"),
        (b"bell\x07.md", "bell .md"),
        ("right\u202eleft.md".encode(), "rightleft.md"),
        (b"x" * 240 + b".md", "x" * 240 + ".md"),
    ],
)
@pytest.mark.skipif(os.name == "nt", reason="Windows has no such file names")
def test_any_name_is_read_and_shown_as_one_clean_line(tmp_path: Path, name: bytes, shows: str):
    folder = folder_of(tmp_path, {})
    Path(os.fsdecode(os.fsencode(folder) + b"/" + name)).write_text("One cat.")
    (hit,) = Index.read(folder).find("cat")
    assert hit.passage.file == shows
    assert shown(os.fsdecode(name)) == shows


def test_an_ending_that_is_none_does_not_hide_a_document(tmp_path: Path):
    folder = folder_of(
        tmp_path,
        {
            "Mr. Smith goes home": "cat",
            "notes 2.5": "cat",
            "README": "cat",
            "a.PNG": "cat",
            "b.exe": "cat",
        },
    )
    index = Index.read(folder)
    assert {hit.passage.file for hit in index.find("cat")} == {
        "Mr. Smith goes home",
        "notes 2.5",
        "README",
    }
    assert skipped(index) == {"a.PNG": "a .png file", "b.exe": "a .exe file"}


def test_a_single_file_is_read_as_text_whatever_its_ending_is(tmp_path: Path):
    folder = folder_of(tmp_path, {"code.py": "# one cat\n"})
    assert found(folder / "code.py", "cat") == ["[code.py] one cat"]


def test_where_there_are_very_many_other_files_the_rest_is_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("chatwright.tools.files._NAMED", 5)
    others: dict[str, str | bytes] = {f"{number}.bin": b"" for number in range(1234)}
    index = Index.read(folder_of(tmp_path, {"a.md": "cat", **others}))
    assert len(index.skipped) == 6
    assert ("1,229 more", "a .bin file") in index.skipped


def test_more_text_than_is_read_is_named(tmp_path: Path):
    folder = folder_of(tmp_path, {"z.md": "cat"})
    for name in ("a.txt", "b.txt", "c.txt"):
        with (folder / name).open("wb") as file:
            file.truncate(900_000_000)  # holes
    files, refused = list_documents(Folder.at(folder))
    assert [file.name for file in files] == ["a.txt", "b.txt", "z.md"]
    assert refused == [("c.txt", "more than 2 GB in all")]


def test_a_place_without_documents_says_what_it_has(tmp_path: Path):
    folder = folder_of(tmp_path, {"a.png": b"\x89PNG", "b.txt": b"a\0b", "c.txt": " \n\t\n"})
    with pytest.raises(UsageError, match="no documents") as error:
        Index.read(folder)
    assert error.value.hint == "not read: a.png (a .png file), b.txt (binary), c.txt (empty)"


# encodings

GERMAN = "Die Zebras überqueren den Fluß.\nÄpfel und Öl.\n"


@pytest.mark.parametrize(
    ("data", "encoding"),
    [
        (b"", "utf-8-sig"),
        (b"plain", "utf-8-sig"),
        (GERMAN.encode(), "utf-8-sig"),
        (b"\xef\xbb\xbf" + GERMAN.encode(), "utf-8-sig"),
        (GERMAN.encode("utf-16"), "utf-16"),
        (b"\xfe\xff" + GERMAN.encode("utf-16-be"), "utf-16"),
        (GERMAN.encode("utf-16-le"), "utf-16-le"),
        (GERMAN.encode("utf-16-be"), "utf-16-be"),
        (GERMAN.encode("utf-32"), "utf-32"),
        (b"\x00\x00\xfe\xff" + GERMAN.encode("utf-32-be"), "utf-32"),
        (GERMAN.encode("utf-32-le"), "utf-32-le"),
        (GERMAN.encode("utf-32-be"), "utf-32-be"),
        (GERMAN.encode("cp1252"), "cp1252"),
        (GERMAN.encode("latin-1"), "cp1252"),
        (GERMAN.encode()[:-1] + "ß".encode()[:1], "utf-8-sig"),  # cut off in a letter
        (GERMAN.encode() * 9 + b"\xff" + GERMAN.encode(), "utf-8-sig"),  # one damaged byte
        ("Зебры переходят реку.\n".encode("utf-16-le"), "utf-16-le"),
    ],
)
@pytest.mark.parametrize("step", [3, 64, 10_000])
def test_the_encoding_is_found_and_the_text_read_in_stretches(
    data: bytes, encoding: str, step: int
):
    first = data[:64]  # what is needed to see it is never spread over two stretches
    rest = [data[i : i + step] for i in range(64, len(data), step)]
    assert encoding_of([first, *rest]) == encoding
    whole = data.decode(encoding, "replace")
    stretches = list(texts([first, *rest], encoding))
    assert "".join(stretches) == whole
    assert all(part.endswith("\n") for part in stretches[:-1])


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"a\0b", "binary"),
        (b"\x7fELF\x02\x01\x01" + bytes(500), "binary"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "binary"),
        (bytes(4096), "binary"),
        (bytes(range(256)) * 20, "binary"),
        ("Зебры переходят реку.\n".encode("koi8-r"), "not UTF-8 text"),
        ("東京都の人口".encode("shift_jis"), "not UTF-8 text"),
        (b"\xff\xfe" + bytes(range(256)) * 9, "binary"),
        (b"caf\xe9 \x01\x02\x03", "not UTF-8 text"),
    ],
)
def test_what_is_no_text_is_refused(data: bytes, reason: str):
    with pytest.raises(Unreadable, match=reason):
        encoding_of([data])


@given(st.binary(max_size=300))
def test_any_bytes_are_text_or_refused(data: bytes):
    try:
        encoding = encoding_of([data])
    except Unreadable:
        return
    assert isinstance("".join(texts([data], encoding)), str)


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r", "\f"])
def test_lines_end_as_on_any_system(tmp_path: Path, end: str):
    text = f"# Top{end}{end}One cat{end}purrs.{end}{end}Two dogs."
    folder = folder_of(tmp_path, {"a.md": text.encode()})
    (hit,) = Index.read(folder).find("cat")
    assert (hit.passage.title, hit.passage.text) == ("Top", "One cat purrs. Two dogs.")


def test_a_line_of_a_megabyte_without_a_space_is_cut_and_found(tmp_path: Path):
    folder = folder_of(tmp_path, {"a.txt": "x" * 1_500_000 + " zebra " + "y" * 1_500_000})
    (line,) = found(folder, "zebra")
    assert "zebra" in line
    assert len(line) <= 400


def test_text_in_stretches_is_cut_as_text_in_one_piece():
    text = (
        "---\ntitle: T\n---\n# A\n\npara one\npara two\n\n```\ncode\n\n# no\n```\n- x\n- y\n" * 20
    )
    lines = text.splitlines(keepends=True)
    whole = list(text_blocks([text]))
    assert list(text_blocks(["".join(lines[i : i + 3]) for i in range(0, len(lines), 3)])) == whole


def test_a_paragraph_without_end_comes_in_parts():
    lines = [f"line {i} of a very long paragraph\n" for i in range(20_000)]
    parts = list(text_blocks(lines))
    assert len(parts) > 3
    assert all(isinstance(part, Paragraph) for part in parts)


# what is shown


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("a \x1b[1;31mred\x1b[0m fox", "a red fox"),
        ("\x1b]0;title\x07text \x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\", "text link"),
        ("N\x08NA\x08AM\x08ME\x08E", "NAME"),
        ("bell\x07 and null\x00 and \x85", "bell and null and"),
        ("soft\xadhyphen", "softhyphen"),
        ("left\u202eright\u2066x\u2069", "leftrightx"),
        ("half \ud800 pair", "half \ufffd pair"),
        ("zero\u200dwidth stays, 東京 stays", "zero\u200dwidth stays, 東京 stays"),
    ],
)
def test_what_steers_a_terminal_is_taken_out(text: str, clean: str):
    assert cleaned(text) == clean


def test_control_tokens_of_a_model_are_text_like_any_other(tmp_path: Path):
    folder = folder_of(tmp_path, {"a.md": "Zebra <|im_end|> <|im_start|>system [INST] </s> end."})
    assert found(folder, "zebra") == [
        "[a.md] A: Zebra <|im_end|> <|im_start|>system [INST] </s> end."
    ]
