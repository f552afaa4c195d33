"""HTML, PDF, tables and office files: what of them is read, and what a broken or hostile one does."""

from __future__ import annotations

import io
import json
import sys
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pdf_files import pdf, pdf_of_streams

from chatwright.tools.found import Unreadable
from chatwright.tools.index import Index
from chatwright.tools.readers import Block, Heading, Paragraph, Title
from chatwright.tools.readers import pdf as pdf_module
from chatwright.tools.readers.html import html_blocks, html_text
from chatwright.tools.readers.office import docx_blocks, epub_blocks, odt_blocks
from chatwright.tools.readers.pdf import PdfProcess, page_paragraphs
from chatwright.tools.readers.tables import csv_blocks, json_blocks, json_lines_blocks
from chatwright.tools.search import search


def found(tmp_path: Path, file: str, data: bytes | str, query: str) -> list[str]:
    folder = tmp_path / "docs"
    folder.mkdir(exist_ok=True)
    (folder / file).write_bytes(data if isinstance(data, bytes) else data.encode())
    return search(Index.read(folder)).call(query=query).split("\n")


def lines(blocks: Iterator[Block]) -> list[str]:
    """Every line of a document, headings with their marks."""
    shown: list[str] = []
    for block in blocks:
        match block:
            case Title(text):
                shown.append(f"TITLE {text}")
            case Heading(level, text):
                shown.append(f"{'#' * level} {text}")
            case Paragraph(more):
                shown += more
    return shown


# HTML


def html(page: str) -> list[str]:
    return lines(html_blocks(page))


def test_a_page_is_found_by_its_title_headings_and_text(tmp_path: Path):
    page = """<!DOCTYPE html><html><head><title>Zoo of Basel</title><style>p {color: zebra}</style>
    <script>var zebra = "<p>zebra</p>";</script></head><body><nav>Home zebra</nav>
    <h1>Animals</h1><h2>Zebras</h2><p>They eat <b>gr</b>ass &amp; hay.</p></body></html>"""
    assert found(tmp_path, "zoo.html", page, "What do zebras eat?") == [
        "[zoo.html] Zoo of Basel: Animals: Zebras: They eat grass & hay."
    ]


@pytest.mark.parametrize(
    ("page", "shown"),
    [
        ("<title>A</title><p>x", ["TITLE A", "x"]),
        ("<title>Ada - My Site</title><h1>Ada</h1>x", ["TITLE Ada", "# Ada", "x"]),
        ("<title>One</title><h1>Two</h1>x", ["TITLE One", "# Two", "x"]),
        ("<h1>A <i>b</i><br>c</h1><h2></h2>d", ["# A b c", "d"]),
        ("<p>one<br>two</p>three", ["one", "two", "three"]),
        ("<ul><li>a<li>b <b>c</b></ul>d", ["a", "b c", "d"]),
        ("<dl><dt>word<dd>meaning</dl>", ["word", "meaning"]),
        (
            "<table><tr><th>a<th>b</tr><tr><td>1</td><td><p>2</p><p>3</p></table>",
            ["a | b", "1 | 2 3"],
        ),
        ("<pre>a  b\n  c</pre>", ["a b", "c"]),
        (
            "<p>caf&eacute; &#8211; &#x41; &nbsp;&lt;b&gt; &bogus; AT&T",
            ["café – A <b> &bogus; AT&T"],
        ),
        ("&#99999999999999999999999; &#xD800; ok", ["\ufffd \ufffd ok"]),
        ('<img alt="a zebra" src=x> grazes', ["a zebra grazes"]),
        ("a<span>b</span>c <a href='/'>d</a>", ["abc d"]),
        ("<p>a<!-- no <p>no -->b", ["ab"]),
        ("<![CDATA[a < b]]>", ["a < b"]),
        ("<?xml version='1.0'?><html><title/><body><script src='x'/><p>x</p></body>", ["x"]),
        ("<textarea><b>raw</b></textarea>", ["<b>raw</b>"]),
        ("", []),
        ("just text, no tags", ["just text, no tags"]),
    ],
)
def test_a_page_is_read_as_a_person_sees_it(page: str, shown: list[str]):
    assert html(page) == shown


@pytest.mark.parametrize(
    "hidden",
    [
        "<script>no</script>",
        "<SCRIPT>if (a < b) '</p>'</SCRIPT>",
        "<style>no</style>",
        "<nav><div>no</div><nav>no</nav></nav>",
        "<div role=navigation>no</div>",
        "<div hidden><div>no</div> no</div>",
        '<p style="color: red; DISPLAY : none">no</p>',
        "<span style='visibility:hidden'>no</span>",
        "<div aria-hidden=true>no</div>",
        "<template>no</template>",
        "<noscript>no</noscript>",
        "<svg><title>no</title><text>no</text></svg>",
        "<select><option>no<option>no</select>",
        "<iframe>no</iframe>",
        "<p hidden>no",
        "<ul><li hidden>no<li>ok</ul>",
        "<!-- no -->",
        "<input type=hidden value=no>",
    ],
)
def test_what_nobody_sees_is_left_out(hidden: str):
    assert "no" not in " ".join(html(f"<p>before</p>{hidden}<p>after</p>")).split()
    assert html(f"<p>before</p>{hidden}<p>after</p>")[-1] == "after"


@pytest.mark.parametrize(
    "page",
    [
        "<p>keep<nav>menu <p>after",
        "<p>keep<div hidden>x <p>after",
        "<p>keep</nav></div></b><p>after",
        "<b><p>keep</b></p><i>after",
        "<p>keep<!-- never closed <p>after",
        "<p>keep<p title='a > b'>after",
        "<title>keep<p>keep</p><p>after",
        "keep <3 and a<b <p>after",
        "<p>keep<textarea>after",
        "<p>keep<![CDATA[ after",
        "keep <div hidden=until-found>after",
    ],
)
def test_no_text_is_lost_in_broken_markup(page: str):
    text = " ".join(html(page))
    assert "keep" in text
    assert "after" in text


@pytest.mark.parametrize(
    "part",
    [
        "<",
        "<a ",
        '<a b=">" ',
        "<!--",
        "<![CDATA[",
        "<title>",
        "</",
        "<p hidden>",
        "<td>",
        "&#1",
        "<a b='",
    ],
)
def test_no_page_takes_more_than_its_length(part: str):
    start = time.process_time()
    html(part * (400_000 // len(part)))
    assert time.process_time() - start < 10  # what tries again from each character needs hours


@given(st.text(alphabet="<>/!-[]\"'= abcpdivnav&#;x1\n", max_size=200))
def test_any_page_is_read(page: str):
    html(page)


@pytest.mark.parametrize(
    ("data", "text"),
    [
        ("<p>Zürich".encode(), "<p>Zürich"),
        ("<p>Zürich".encode("cp1252"), "<p>Zürich"),
        ('<meta charset="iso-8859-1">“Zürich”'.encode("cp1252"), "“Zürich”"),
        ("<meta charset=koi8-r>Зебра".encode("koi8-r"), "Зебра"),
        ("<meta charset='Shift_JIS'>東京".encode("shift_jis"), "東京"),
        (
            b'<meta http-equiv="Content-Type" content="text/html; charset=windows-1251">'
            + "Зебра".encode("cp1251"),
            "Зебра",
        ),
        ('<?xml version="1.0" encoding="iso-8859-2"?>Łódź'.encode("iso-8859-2"), "Łódź"),
        (b"\xef\xbb\xbf<meta charset=koi8-r>" + "Zürich".encode(), "Zürich"),
        ("<meta charset=utf-8>Zürich".encode("utf-16"), "Zürich"),
        (b"<meta charset=utf-7>Z+APw-rich", "Z+APw-rich"),
        (b"<meta charset=no-such-thing>Z\xc3\xbcrich", "Zürich"),
        (b"<meta charset=rot13>plain", "plain"),
        (b"<meta charset=gb2312>ok \xff\xff end", "end"),
    ],
)
def test_the_declared_encoding_counts_where_it_is_one(data: bytes, text: str):
    assert html_text(data).endswith(text)


def test_a_binary_file_that_calls_itself_html_is_refused(tmp_path: Path):
    (tmp_path / "a.md").write_text("cat")
    (tmp_path / "b.html").write_bytes(b"\x7fELF" + bytes(200))
    assert Index.read(tmp_path).skipped == (("b.html", "binary"),)


# PDF


@pytest.fixture(scope="module")
def reading() -> Iterator[PdfProcess]:
    process = PdfProcess()
    yield process
    process.close()


def read(process: PdfProcess, data: bytes) -> list[str]:
    return lines(process.blocks(data, "Name"))


def test_a_pdf_is_found_with_its_page(tmp_path: Path):
    data = pdf("All about animals.", "The zebra eats\ngrass (and hay).", "The end.")
    assert found(tmp_path, "zoo-book.pdf", data, "What does a zebra eat?") == [
        "[zoo-book.pdf, page 2] Zoo Book: The zebra eats grass (and hay)."
    ]
    assert found(tmp_path, "zoo-book.pdf", data, "page 3")[0] == (
        "[zoo-book.pdf, page 3] Zoo Book: The end."
    )


def test_the_title_of_a_pdf_counts_if_the_first_page_shows_it(reading: PdfProcess):
    assert read(reading, pdf("A Book of\nZebras", title="A book of zebras"))[0] == (
        "TITLE A book of zebras"
    )
    assert read(reading, pdf("A Book", title="Microsoft Word - Document1"))[0] == "TITLE Name"


def test_the_lines_of_a_page_become_paragraphs_again():
    page = (
        "A Heading\nThe zebra is an animal that lives in the grass-\nlands of Africa, where it eats grass"
        " and other\nthings.\nAnother paragraph begins here and goes on, in the well-\nKnown way, for a"
        " while.\n\nApart."
    )
    assert [list(p.lines) for p in page_paragraphs(page)] == [
        [
            "A Heading",
            "The zebra is an animal that lives in the grasslands of Africa, where it eats grass and"
            " other things.",
            "Another paragraph begins here and goes on, in the well- Known way, for a while.",
        ],
        ["Apart."],
    ]


def encrypted(password: str) -> bytes:
    from pypdf import PdfReader, PdfWriter

    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(pdf("Secret zebra."))))
    writer.encrypt(password, owner_password="owner", algorithm="RC4-128")
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


GOOD = pdf("One zebra.", "Two zebras.")


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "not a readable PDF"),
        (b"%PDF-1.7\n", "not a readable PDF"),
        (b"no PDF at all, whatever its name says" * 50, "not a readable PDF"),
        (GOOD[:200], "not a readable PDF"),
        (GOOD.replace(b"/Kids [4 0 R 6 0 R]", b"/Kids [2 0 R 2 0 R]"), "not a readable PDF"),
        (encrypted("open sesame"), "it is encrypted"),
        (pdf("", ""), r"no text in it \(scanned pages\?\)"),
        (pdf_of_streams(b"q " * 100_000), "no text in it"),
        (pdf_of_streams(b"0 " * 50_000_000, packed=True), "page 1 cannot be read"),  # a bomb
        (pdf_of_streams(b"[" * 100_000), "no text in it"),
    ],
    ids=["empty", "head", "text", "cut", "loop", "secret", "images", "endless", "bomb", "nested"],
)
def test_a_pdf_that_cannot_be_read_says_why(reading: PdfProcess, data: bytes, reason: str):
    with pytest.raises(Unreadable, match=reason):
        read(reading, data)
    assert "Two zebras." in read(reading, GOOD)  # and the next one is read as ever


def test_a_pdf_without_a_password_for_readers_is_read(reading: PdfProcess):
    assert "Secret zebra." in read(reading, encrypted(""))


def test_of_a_pdf_with_a_broken_page_the_others_are_read(tmp_path: Path):
    data = pdf_of_streams(b"BT /F1 12 Tf (One zebra.) Tj ET", b"BT /F1 12 Tf (Two.) Tj ET")
    broken = data.replace(b"/Contents 7 0 R", b"/Contents 1 2 R ")
    assert found(tmp_path, "a.pdf", broken, "zebra") == ["[a.pdf, page 1] A: One zebra."]


def test_a_pdf_that_takes_too_long_is_given_up_and_the_rest_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(pdf_module, "_PAGE_SECONDS", 0.0)
    (tmp_path / "a.pdf").write_bytes(GOOD)
    (tmp_path / "b.md").write_text("A zebra.")
    index = Index.read(tmp_path)
    assert index.skipped == (("a.pdf", "it takes too long to read"),)
    assert [hit.passage.file for hit in index.find("zebra")] == ["b.md"]


def test_what_was_read_of_a_pdf_before_it_took_too_long_is_kept(
    reading: PdfProcess, monkeypatch: pytest.MonkeyPatch
):
    blocks = reading.blocks(pdf("One zebra.", "Two."), "Name")
    assert [next(blocks) for _ in range(3)][2] == Paragraph(["One zebra."])
    monkeypatch.setattr(pdf_module, "_PAGE_SECONDS", 0.0)
    monkeypatch.setattr(reading, "_lines", pdf_module.queue.SimpleQueue())  # it says nothing more
    with pytest.raises(Unreadable, match="it takes too long to read from page 2 on"):
        list(blocks)


def test_a_reader_of_pdfs_that_dies_is_no_end_of_the_world(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(sys, "executable", "/bin/false")
    (tmp_path / "a.pdf").write_bytes(GOOD)
    (tmp_path / "b.pdf").write_bytes(GOOD)
    (tmp_path / "c.md").write_text("A zebra.")
    index = Index.read(tmp_path)
    assert [s.file for s in index.skipped] == ["a.pdf", "b.pdf"]
    assert {s.reason for s in index.skipped} == {"it cannot be read: its reader failed"}


def test_the_process_that_reads_pdfs_is_not_left_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    started: list[PdfProcess] = []
    init = PdfProcess.__init__

    def noted(self: PdfProcess) -> None:
        init(self)
        started.append(self)

    monkeypatch.setattr(PdfProcess, "__init__", noted)
    (tmp_path / "a.pdf").write_bytes(GOOD)
    (tmp_path / "b.pdf").write_bytes(GOOD)
    Index.read(tmp_path)
    assert [process._process for process in started] == [None]


# tables and JSON


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (
            "name,born\nAda,1815\nCharles,1791\n",
            ["name: Ada | born: 1815", "name: Charles | born: 1791"],
        ),
        ("name;born\nAda;1815\n", ["name: Ada | born: 1815"]),
        ("1,2\n3,4\n", ["1 | 2", "3 | 4"]),
        ('name,text\nAda,"a, ""b""\nc"\n', ['name: Ada | text: a, "b" c']),
        ("name,born\nAda\nBob,1,extra\n,\n", ["name: Ada", "name: Bob | born: 1 | extra"]),
        ("only one line,here\n", ["only one line | here"]),
        ("", []),
        ("\n\n", []),
        ("a,a\n1,2\n", ["a | a", "1 | 2"]),
        ('name,born\n"Ada,1815\n', ["name: Ada,1815"]),
        ("\ufeffname,born\nAda,1815\n".removeprefix("\ufeff"), ["name: Ada | born: 1815"]),
    ],
)
def test_each_row_of_a_table_says_what_its_values_are(text: str, shown: list[str]):
    assert lines(csv_blocks([text])) == shown


def test_a_table_is_searched_row_by_row(tmp_path: Path):
    rows = "\n".join(f"animal{i}\t{i} years" for i in range(200))
    text = f"animal\tlifetime\n{rows}\nzebra\t25 years\n"
    (line,) = found(tmp_path, "ages.tsv", text, "lifetime of a zebra")
    assert "animal: zebra | lifetime: 25 years" in line


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ({"name": "Ada", "born": 1815}, ["name: Ada, born: 1815"]),
        ([{"a": 1}, {"a": [1, 2], "b": None}], ["a: 1", "a: 1, 2"]),
        ({"ada": {"born": 1815, "works": ["x", "y"]}}, ["ada: born: 1815, works: x, y"]),
        ({"list": [{"a": True}, "text"]}, ["list: a: true", "list: text"]),
        ("text", ["text"]),
        ([], []),
        ({}, []),
        (None, []),
    ],
)
def test_the_values_of_json_stand_behind_their_names(value: object, shown: list[str]):
    assert lines(json_blocks(json.dumps(value))) == shown


def test_json_that_is_none_is_read_as_text():
    assert lines(json_blocks('{"zebra": 1,}')) == ['{"zebra": 1,}']
    assert lines(json_blocks("[" * 100_000))
    assert lines(json_lines_blocks(['{"a": 1}\nno json\n\n[1, 2]\n'])) == [
        "a: 1",
        "no json",
        "1, 2",
    ]


def test_json_that_is_nested_too_deeply_is_named(tmp_path: Path):
    (tmp_path / "a.json").write_text('{"a":' * 200 + "1" + "}" * 200)
    (tmp_path / "b.md").write_text("cat")
    assert Index.read(tmp_path).skipped == (("a.json", "nested too deeply"),)


def test_half_a_character_in_json_does_no_harm(tmp_path: Path):
    assert found(tmp_path, "a.json", '{"zebra": "\\ud800 grass"}', "zebra") == [
        "[a.json] A: zebra: \ufffd grass"
    ]


# office files

W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
ODT = (
    'xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"'
    ' xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"'
    ' xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0"'
)


def zipped(**files: str) -> bytes:
    """A zip with these files; `a__b_xml` is `a/b.xml`."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in files.items():
            place, _, ending = name.replace("__", "/").rpartition("_")
            packed.writestr(f"{place}.{ending}", content)
    return out.getvalue()


def docx(body: str) -> bytes:
    return zipped(word__document_xml=f"<w:document {W}><w:body>{body}</w:body></w:document>")


def run(text: str, style: str = "") -> str:
    how = f'<w:pPr><w:pStyle w:val="{style}"/></w:pPr>' if style else ""
    return f"<w:p>{how}<w:r><w:t>{text}</w:t></w:r></w:p>"


def test_a_word_document_has_headings_paragraphs_and_tables(tmp_path: Path):
    cells = "".join(f"<w:tc>{run(text)}</w:tc>" for text in ("zebra", "25 years"))
    data = docx(
        run("Animals", "Heading1")
        + "<w:p><w:r><w:t>They </w:t></w:r><w:r><w:t>graze &amp;</w:t><w:tab/><w:t>run.</w:t></w:r>"
        "<w:del><w:r><w:delText>no</w:delText></w:r></w:del></w:p>"
        + f"<w:tbl><w:tr>{cells}</w:tr></w:tbl>"
        + run("Food", "Heading2")
    )
    assert lines(docx_blocks(data)) == [
        "# Animals",
        "They graze & run.",
        "zebra | 25 years",
        "## Food",
    ]
    assert found(tmp_path, "a.docx", data, "zebra") == [
        "[a.docx] Animals: They graze & run. zebra | 25 years"
    ]


def test_an_opendocument_text_has_headings_paragraphs_and_tables():
    data = zipped(
        content_xml=f"<office:document-content {ODT}><office:body><office:text>"
        "<text:tracked-changes><text:p>no</text:p></text:tracked-changes>"
        '<text:h text:outline-level="2">Animals</text:h><text:p>They<text:s/>graze'
        "<text:note><text:p>no</text:p></text:note> and <text:span>run</text:span>.</text:p>"
        "<table:table><table:table-row><table:table-cell><text:p>zebra</text:p></table:table-cell>"
        "<table:table-cell><text:p>25</text:p></table:table-cell></table:table-row></table:table>"
        "</office:text></office:body></office:document-content>"
    )
    assert lines(odt_blocks(data)) == ["## Animals", "They graze and run.", "zebra | 25"]


def test_a_book_is_read_chapter_by_chapter():
    data = zipped(
        **{
            "META-INF__container_xml": '<container><rootfiles><rootfile full-path="o/p.opf"/></rootfiles>'
            "</container>",
            "o__p_opf": '<package xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>Zebras</dc:title>'
            '<manifest><item id="b" href="two.xhtml"/><item id="a" href="one%20a.xhtml"/></manifest>'
            '<spine><itemref idref="a"/><itemref idref="b"/><itemref idref="gone"/></spine></package>',
            "o__one a_xhtml": "<html><title>x</title><body><h1>One</h1><p>First.</p></body></html>",
            "o__two_xhtml": "<p>Second.</p>",
        }
    )
    assert lines(epub_blocks(data)) == ["TITLE Zebras", "# One", "First.", "Second."]


BOMB = docx("<w:t>" + "0" * 120_000_000 + "</w:t>")


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "damaged"),
        (b"PK\x03\x04 no zip", "damaged"),
        (zipped(other_xml="<a/>"), "not what its name says"),
        (docx(run("x"))[:-30], "damaged"),
        (docx("<w:p>"), "damaged XML"),
        (BOMB, "more than 100 MB when unpacked"),
        (
            zipped(
                word__document_xml='<!DOCTYPE a [<!ENTITY l "ha"><!ENTITY m "&l;&l;">]><a>&m;</a>'
            ),
            "XML with entities",
        ),
    ],
    ids=["empty", "head", "other", "cut", "xml", "bomb", "laughs"],
)
def test_an_office_file_that_cannot_be_read_says_why(data: bytes, reason: str):
    with pytest.raises(Unreadable, match=reason):
        list(docx_blocks(data))


@pytest.mark.parametrize("ending", [".docx", ".odt", ".epub", ".pdf", ".json", ".csv", ".html"])
def test_nonsense_under_any_ending_costs_only_itself(tmp_path: Path, ending: str):
    (tmp_path / f"a{ending}").write_bytes(bytes(range(256)) * 40)
    (tmp_path / "b.md").write_text("A zebra.")
    index = Index.read(tmp_path)
    assert [s.file for s in index.skipped] == [f"a{ending}"]
    assert [hit.passage.file for hit in index.find("zebra")] == ["b.md"]
