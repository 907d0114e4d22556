"""A document as a small PDF of one page: what `Accept: application/pdf` answers. Source: ISO 32000-1 for the format."""

from collections.abc import Sequence

from tieout.platforms.xero.sandbox.accounting.organisation import Organisation
from tieout.platforms.xero.sandbox.accounting.rows import Document

_LEADING = 16
LINES_MAX = 46
"""How many lines fit the page; further ones are told as a number."""


def print_document(organisation: Organisation, title: str, document: Document) -> bytes:
    """The PDF of a document."""
    contact = organisation.contacts[document.contact_id]
    lines = [
        organisation.name,
        f"{title} {document.number}",
        f"Date {document.on.isoformat()}" + (f"   Due {document.due_on.isoformat()}" if document.due_on else ""),
        f"To {contact.name}",
        "",
        *(
            f"{line.description or ''}   {line.quantity} x {line.unit_amount}   {line.line_amount}"
            for line in document.lines
        ),
        "",
        f"Subtotal {document.sub_total}",
        f"Tax {document.total_tax}",
        f"Total {document.currency} {document.total}",
    ]
    if len(lines) > LINES_MAX:
        lines = [*lines[: LINES_MAX - 4], f"and {len(lines) - LINES_MAX} further lines", *lines[-3:]]
    return make_pdf(lines)


def make_pdf(lines: Sequence[str]) -> bytes:
    """A PDF 1.4 of one A4 page with these lines of text."""
    shown = " ".join(f"({_escaped(line)}) Tj T*" for line in lines)
    stream = f"BT /F1 11 Tf {_LEADING} TL 56 790 Td {shown} ET".encode("latin-1")
    page = b"/Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >>"
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< " + page + b" >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
    ]
    body, offsets = bytearray(b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n"), []
    for number, content in enumerate(objects, start=1):
        offsets.append(len(body))
        body += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    start = len(body)
    body += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    body += b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    body += b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, start)
    return bytes(body)


def _escaped(text: str) -> str:
    """Text inside the parentheses of a PDF string; what the font lacks becomes a question mark."""
    plain = text.encode("latin-1", "replace").decode("latin-1")
    plain = "".join(letter if letter.isprintable() else " " for letter in plain)
    return plain.replace("\\", "\\\\").replace("(", "\\(").replace(")", "\\)")
