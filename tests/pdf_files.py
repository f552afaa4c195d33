"""Small PDFs for tests, written by hand: pages of text, and the ways in which a PDF goes wrong."""

from __future__ import annotations

import zlib

__all__ = ["pdf", "pdf_of_streams"]


def pdf(*pages: str, title: str = "") -> bytes:
    """A PDF with these pages; each line of a page is a line of text on it."""
    return pdf_of_streams(*(_drawn(page) for page in pages), title=title)


def pdf_of_streams(*streams: bytes, title: str = "", packed: bool = False) -> bytes:
    """A PDF whose pages are drawn by these instructions."""
    count = len(streams)
    kids = " ".join(f"{4 + 2 * i} 0 R" for i in range(count))
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {count} >>".encode(),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    for i, stream in enumerate(streams):
        objects.append(
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents %d 0 R"
            b" /Resources << /Font << /F1 3 0 R >> >> >>" % (5 + 2 * i)
        )
        data = zlib.compress(stream, 9) if packed else stream
        how = b" /Filter /FlateDecode" if packed else b""
        objects.append(b"<< /Length %d%s >>\nstream\n%s\nendstream" % (len(data), how, data))
    info = b""
    if title:
        objects.append(f"<< /Title ({title}) >>".encode("latin-1"))
        info = b" /Info %d 0 R" % len(objects)
    return _file(objects, info)


def _drawn(page: str) -> bytes:
    if not page:
        return b""
    escaped = page.replace("\\", "\\\\").replace("(", "\\(").replace(")", "\\)")
    lines = " ".join(f"({line}) Tj T*" for line in escaped.split("\n"))
    return f"BT /F1 12 Tf 72 720 Td 14 TL {lines} ET".encode("latin-1")


def _file(objects: list[bytes], info: bytes) -> bytes:
    out = b"%PDF-1.4\n"
    places: list[int] = []
    for number, body in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % place for place in places)
    out += b"trailer\n<< /Size %d /Root 1 0 R%s >>\n" % (len(objects) + 1, info)
    return out + b"startxref\n%d\n%%%%EOF\n" % start
