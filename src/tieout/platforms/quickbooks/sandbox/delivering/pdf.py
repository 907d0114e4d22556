"""One page of text as a PDF 1.4 file, written out object by object. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

PAGE_WIDTH, PAGE_HEIGHT = 612, 792
"""Letter, in points."""


@dataclass(frozen=True, slots=True)
class Text:
    """A piece of text: where it starts, in points from the left and from the bottom, and how large it is."""

    x: int
    y: int
    text: str
    size: int = 10
    bold: bool = False


def write_page(texts: Sequence[Text], *, title: str) -> bytes:
    """The file. Characters that Latin letters do not have become question marks."""
    stream = b"\n".join(_shown(text) for text in texts)
    fonts = b"<< /Type /Font /Subtype /Type1 /BaseFont /%s /Encoding /WinAnsiEncoding >>"
    objects = (
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 %d %d] /Contents 6 0 R "
        b"/Resources << /Font << /F1 4 0 R /F2 5 0 R >> >> >>" % (PAGE_WIDTH, PAGE_HEIGHT),
        fonts % b"Helvetica",
        fonts % b"Helvetica-Bold",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream),
        b"<< /Title %s /Producer (Tieout) >>" % _literal(title),
    )
    file, places = b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n", []
    for number, body in enumerate(objects, start=1):
        places.append(len(file))
        file += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    size, start = len(objects) + 1, len(file)
    file += b"xref\n0 %d\n0000000000 65535 f \n%s" % (size, table)
    return file + b"trailer\n<< /Size %d /Root 1 0 R /Info %d 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (
        size, len(objects), start,
    )  # fmt: skip


def _shown(text: Text) -> bytes:
    font = b"F2" if text.bold else b"F1"
    return b"BT /%s %d Tf 1 0 0 1 %d %d Tm %s Tj ET" % (font, text.size, text.x, text.y, _literal(text.text))


def _literal(text: str) -> bytes:
    encoded = text.encode("cp1252", "replace")
    for special in (b"\\", b"(", b")"):
        encoded = encoded.replace(special, b"\\" + special)
    return b"(%s)" % encoded.replace(b"\r", b" ").replace(b"\n", b" ")
