"""Files of payables: sent with them, alone or afterwards, and fetched by links that work for a while."""

import base64
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx2
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select
from tests.support.documents import Trader, change_settings, connect_books, events_of, make_counterpart
from tests.support.partner import Api, Partner

from tieout.api.files.contents import (
    FILE_BYTES_MAX,
    NAME_CHARACTERS_MAX,
    NAME_DEFAULT,
    clean_name,
    decode_file,
    media_type_of,
)
from tieout.app import build_app
from tieout.storage.tables.files import StoredFile
from tieout.sync.stored_files import OF_PAYABLES, load_file_of

PDF = b"%PDF-1.7\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF"
PNG = b"\x89PNG\r\n\x1a\n" + bytes(20)
COMPLETE = {"currency": "USD", "document_id": "V-17", "due_date": "2026-04-01", "issued_at": "2026-03-01"}
ALREADY = "The file cannot be attached because another file is already attached."


@pytest.fixture
async def vendor(api: Api, partner: Partner) -> Trader:
    await partner.make_entity()
    return await make_counterpart(api, partner, "Books by Bessie")


@pytest.fixture
async def browser(api: Api) -> AsyncIterator[httpx2.AsyncClient]:
    """Somebody who was sent a link, and has no token."""
    app = build_app(api.services)
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url="https://tieout.example") as client:
        yield client


async def new_bill(partner: Partner, **fields: Any) -> str:
    answer = await partner.post("/payables", json=COMPLETE | fields)
    assert answer.status_code == 200, answer.text
    return str(answer.json()["id"])


async def attach(partner: Partner, payable_id: str, content: bytes = PDF, name: str = "bill.pdf") -> httpx2.Response:
    return await partner.post(f"/payables/{payable_id}/attach_file", files={"file": (name, content, "text/html")})


async def files_in(api: Api) -> list[StoredFile]:
    async with api.services.database.read() as session:
        return list(await session.scalars(select(StoredFile)))


async def test_an_attached_file_is_shown_and_can_be_fetched(
    api: Api, partner: Partner, vendor: Trader, browser: httpx2.AsyncClient
) -> None:
    del vendor
    payable_id = await new_bill(partner)
    answer = await attach(partner, payable_id)
    assert answer.status_code == 200, answer.text
    shown, file = answer.json(), answer.json()["file"]
    assert (shown["file_id"], file["file_type"], file["name"]) == (file["id"], "payables", "bill.pdf")
    assert (file["mimetype"], file["size"]) == ("application/pdf", len(PDF))
    assert (file["pages"], file["previews"]) == ([], [])
    assert (await partner.get(f"/payables/{payable_id}")).json()["file"] == file
    assert (await partner.get("/payables")).json()["data"][0]["file"] == file
    fetched = await browser.get(file["url"])
    assert (fetched.status_code, fetched.content) == (200, PDF)
    headers = fetched.headers
    assert headers["content-type"] == "application/pdf"
    assert headers["content-disposition"] == "attachment; filename=\"bill.pdf\"; filename*=UTF-8''bill.pdf"
    assert headers["content-security-policy"].startswith("sandbox; default-src 'none'")
    assert (headers["x-content-type-options"], headers["cache-control"]) == ("nosniff", "private, no-store")
    assert headers["referrer-policy"] == "no-referrer"
    assert await events_of(api, payable_id) == ["payable.created", "payable.updated"]


async def test_a_bill_can_bring_its_file_as_base64(
    partner: Partner, vendor: Trader, browser: httpx2.AsyncClient
) -> None:
    del vendor
    encoded = base64.encodebytes(PNG).decode()
    answer = await partner.post("/payables", json={"base64_encoded_file": encoded, "file_name": "Rechnung ü.png"})
    assert answer.status_code == 200, answer.text
    file = answer.json()["file"]
    assert (file["name"], file["mimetype"], file["size"]) == ("Rechnung ü.png", "image/png", len(PNG))
    fetched = await browser.get(file["url"])
    assert fetched.content == PNG
    expected = "attachment; filename=\"Rechnung _.png\"; filename*=UTF-8''Rechnung%20%C3%BC.png"
    assert fetched.headers["content-disposition"] == expected
    nameless = await partner.post("/payables", json={"base64_encoded_file": encoded})
    assert nameless.json()["file"]["name"] == "default_file_name"


async def test_a_file_alone_makes_a_draft_that_nobody_reads_by_machine(
    api: Api, partner: Partner, vendor: Trader
) -> None:
    del vendor
    answer = await partner.post("/payables/upload_from_file", files={"file": ("scan.pdf", PDF)})
    assert answer.status_code == 201, answer.text
    shown = answer.json()
    assert (shown["status"], shown["file"]["name"]) == ("draft", "scan.pdf")
    assert (shown["ocr_status"], shown["source_of_payable_data"], shown["payable_origin"]) == (
        None,
        "user_specified",
        "upload",
    )
    assert await events_of(api, shown["id"]) == ["payable.created"]


async def test_what_is_no_scan_of_a_bill_is_not_taken_as_one(api: Api, partner: Partner, vendor: Trader) -> None:
    del vendor
    answer = await partner.post("/payables/upload_from_file", files={"file": ("scan.pdf", b"<script>1</script>")})
    assert answer.status_code == 409
    assert answer.json()["error"]["message"].startswith("Error uploading the file")
    assert (await partner.get("/payables")).json()["data"] == []
    assert await files_in(api) == []


async def test_a_file_of_any_kind_can_be_attached_and_is_never_called_what_it_is_not(
    partner: Partner, vendor: Trader, browser: httpx2.AsyncClient
) -> None:
    del vendor
    answer = await attach(partner, await new_bill(partner), b"<script>alert(1)</script>", "bill.html")
    assert answer.json()["file"]["mimetype"] == "application/octet-stream"
    fetched = await browser.get(answer.json()["file"]["url"])
    assert fetched.headers["content-type"] == "application/octet-stream"
    assert fetched.headers["content-disposition"].startswith("attachment;")


async def test_a_second_file_is_refused_and_the_first_stays(api: Api, partner: Partner, vendor: Trader) -> None:
    del vendor
    payable_id = await new_bill(partner)
    first = (await attach(partner, payable_id)).json()
    second = await attach(partner, payable_id, PNG, "other.png")
    assert second.status_code == 409
    assert second.json()["error"]["message"].startswith(ALREADY)
    assert (await partner.get(f"/payables/{payable_id}")).json() == first
    assert len(await files_in(api)) == 1


@pytest.mark.parametrize(
    ("body", "field", "status"),
    [
        ({"base64_encoded_file": "not base64!"}, "base64_encoded_file", 422),
        ({"base64_encoded_file": "   "}, "base64_encoded_file", 422),
        ({"file_name": "bill.pdf"}, "file_name", 422),
        ({"base64_encoded_file": "aGVsbG8=", "file_name": "x" * 513}, "file_name", 422),
        ({"base64_encoded_file": 5}, "base64_encoded_file", 422),
    ],
)
async def test_a_wrong_file_is_refused_with_its_place_and_no_bill_is_made(
    partner: Partner, vendor: Trader, body: dict[str, Any], field: str, status: int
) -> None:
    del vendor
    answer = await partner.post("/payables", json=COMPLETE | body)
    assert (answer.status_code, answer.json()["detail"][0]["loc"]) == (status, ["body", field])
    assert (await partner.get("/payables")).json()["data"] == []


async def test_an_empty_or_missing_file_is_refused(partner: Partner, vendor: Trader) -> None:
    del vendor
    payable_id = await new_bill(partner)
    sent: list[dict[str, Any]] = [
        {"files": {"file": ("bill.pdf", b"")}},
        {"files": {"other": ("bill.pdf", PDF)}},
        {"data": {"file": "bill.pdf"}},
        {"json": {}},
    ]
    for path in (f"/payables/{payable_id}/attach_file", "/payables/upload_from_file"):
        for options in sent:
            answer = await partner.post(path, **options)
            assert (answer.status_code, answer.json()["detail"][0]["loc"]) == (422, ["body", "file"])


async def test_a_file_of_20_mb_is_taken_and_a_larger_one_is_not(api: Api, partner: Partner, vendor: Trader) -> None:
    del vendor
    payable_id = await new_bill(partner)
    largest = PDF + bytes(FILE_BYTES_MAX - len(PDF))
    for content in (largest + b"x", largest + bytes(70_000)):  # beyond the file's limit, and beyond the form's
        too_large = await attach(partner, payable_id, content)
        assert too_large.status_code == 413
        assert "large" in too_large.json()["error"]["message"]
    encoded = base64.b64encode(largest + b"x").decode()
    assert (await partner.post("/payables", json={"base64_encoded_file": encoded})).status_code == 413
    assert await files_in(api) == []
    assert (await attach(partner, payable_id, largest)).status_code == 200
    (kept,) = await files_in(api)
    assert kept.size_bytes == FILE_BYTES_MAX


async def test_other_calls_keep_their_smaller_limit(partner: Partner, vendor: Trader) -> None:
    del vendor
    payable_id = await new_bill(partner)
    answer = await partner.patch(f"/payables/{payable_id}", json={"partner_metadata": {"x": "y" * 1_100_000}})
    assert answer.status_code == 413


async def test_a_link_works_for_a_while_and_shows_nothing_when_forged(
    api: Api, partner: Partner, vendor: Trader, browser: httpx2.AsyncClient
) -> None:
    del vendor
    url = (await attach(partner, await new_bill(partner))).json()["file"]["url"]
    assert url.startswith("https://tieout.example/files/")
    forged = url[:-1] + ("A" if url[-1] != "A" else "B")
    for wrong in (forged, url[:-8], "https://tieout.example/files/x", url.replace("/files/", "/files/A")):
        assert (await browser.get(wrong)).status_code == 404
    api.clock.move(timedelta(minutes=59))
    assert (await browser.get(url)).status_code == 200
    assert (await browser.head(url)).headers["content-length"] == str(len(PDF))
    api.clock.move(timedelta(hours=1, minutes=1))
    late = await browser.get(url)
    assert (late.status_code, PDF in late.content) == (410, False)
    await partner.sign_in()
    fresh = (await partner.get("/payables")).json()["data"][0]["file"]["url"]
    assert fresh != url
    assert (await browser.get(fresh)).status_code == 200


async def test_a_removed_file_is_gone_for_good(
    api: Api, partner: Partner, vendor: Trader, browser: httpx2.AsyncClient
) -> None:
    del vendor
    payable_id = await new_bill(partner)
    url = (await attach(partner, payable_id)).json()["file"]["url"]
    removed = await partner.delete(f"/payables/{payable_id}/file")
    assert (removed.status_code, removed.content) == (204, b"")
    shown = (await partner.get(f"/payables/{payable_id}")).json()
    assert (shown["file"], shown["file_id"]) == (None, None)
    assert (await browser.get(url)).status_code == 404
    assert await files_in(api) == []
    assert (await partner.delete(f"/payables/{payable_id}/file")).status_code == 404
    assert (await attach(partner, payable_id, PNG, "right.png")).json()["file"]["name"] == "right.png"


async def test_a_deleted_payables_file_is_deleted_with_it(
    api: Api, partner: Partner, vendor: Trader, browser: httpx2.AsyncClient
) -> None:
    del vendor
    payable_id = await new_bill(partner)
    url = (await attach(partner, payable_id)).json()["file"]["url"]
    assert (await partner.delete(f"/payables/{payable_id}")).status_code == 204
    assert (await browser.get(url)).status_code == 404
    assert await files_in(api) == []


async def test_an_approved_payable_takes_a_file_but_gives_none_away(api: Api, partner: Partner, vendor: Trader) -> None:
    books = await connect_books(api, partner)
    payable_id = await new_bill(partner, counterpart_id=vendor.id)
    line = {"name": "Paper", "quantity": 1, "unit_price": 10_000, "ledger_account_id": books.account_id}
    await partner.post(f"/payables/{payable_id}/line_items", json=line)
    approved = await partner.post(f"/payables/{payable_id}/approve_payment_operation")
    assert approved.status_code == 200, approved.text
    assert (await attach(partner, payable_id)).json()["status"] == "waiting_to_be_paid"
    assert (await partner.delete(f"/payables/{payable_id}/file")).status_code == 409
    async with api.services.database.read() as session:
        where = {"partner_id": partner.id, "entity_id": UUID(partner.entity_id)}
        kept = await load_file_of(session, **where, object_type=OF_PAYABLES, object_id=UUID(payable_id))
    assert kept is not None
    assert kept.content == PDF


async def test_a_cancelled_payable_takes_no_file(partner: Partner, vendor: Trader) -> None:
    del vendor
    payable_id = await new_bill(partner)
    await partner.post(f"/payables/{payable_id}/cancel")
    assert (await attach(partner, payable_id)).status_code == 409


async def test_files_of_others_do_not_exist(partner: Partner, vendor: Trader, other_partner: Partner) -> None:
    del vendor
    payable_id = await new_bill(partner)
    await attach(partner, payable_id)
    await other_partner.make_entity()
    assert (await attach(other_partner, payable_id)).status_code == 404
    assert (await other_partner.delete(f"/payables/{payable_id}/file")).status_code == 404
    assert (await other_partner.get(f"/payables/{payable_id}/history")).status_code == 404


async def test_a_list_can_be_narrowed_to_payables_with_a_file(api: Api, partner: Partner, vendor: Trader) -> None:
    del vendor
    await change_settings(api, partner)
    bare, filed = await new_bill(partner), await new_bill(partner)
    await attach(partner, filed)
    found = [
        [row["id"] for row in (await partner.get(f"/payables?has_file={word}")).json()["data"]]
        for word in ("true", "false")
    ]
    assert found == [[filed], [bare]]


async def test_a_file_can_be_what_a_payable_must_have(partner: Partner, vendor: Trader) -> None:
    del vendor
    await partner.put("/payables/validations", json={"required_fields": ["file_id"]})
    payable_id = await new_bill(partner)
    problems = (await partner.post(f"/payables/{payable_id}/validate")).json()["validation_errors"]
    assert [problem["loc"] for problem in problems] == [["file_id"]]
    assert (await attach(partner, payable_id)).json()["status"] == "new"
    await partner.delete(f"/payables/{payable_id}/file")
    assert (await partner.get(f"/payables/{payable_id}")).json()["status"] == "draft"


@pytest.mark.parametrize(
    ("content", "media_type"),
    [
        (PDF, "application/pdf"),
        (b"\xef\xbb\xbf  %PDF-1.4", "application/pdf"),
        (bytes(1_024) + b"%PDF-1.4", "application/octet-stream"),
        (PNG, "image/png"),
        (b"\xff\xd8\xff\xe0rest", "image/jpeg"),
        (b"II*\x00rest", "image/tiff"),
        (b"MM\x00*rest", "image/tiff"),
        (b"GIF89a", "application/octet-stream"),
        (b"", "application/octet-stream"),
    ],
)
def test_a_files_type_is_read_from_its_bytes(content: bytes, media_type: str) -> None:
    assert media_type_of(content) == media_type


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("bill.pdf", "bill.pdf"),
        ("C:\\Users\\me\\bill.pdf", "bill.pdf"),
        ("../../etc/passwd", "passwd"),
        ("a\r\nSet-Cookie: b.pdf", "aSet-Cookie: b.pdf"),
        ("..", NAME_DEFAULT),
        ("", NAME_DEFAULT),
        (None, NAME_DEFAULT),
        ("bill\u202efdp.exe", "billfdp.exe"),
        ("x" * 600 + ".pdf", "x" * 508 + ".pdf"),
    ],
)
def test_a_files_name_has_no_folders_and_no_control_characters(name: str | None, expected: str) -> None:
    assert clean_name(name) == expected


@given(st.text(max_size=700))
def test_any_name_becomes_one_that_can_be_kept(name: str) -> None:
    cleaned = clean_name(name)
    assert 0 < len(cleaned) <= NAME_CHARACTERS_MAX
    assert not set(cleaned) & set("/\\\r\n\x00")
    assert clean_name(cleaned) == cleaned
    cleaned.encode()


@given(st.binary(max_size=100))
def test_base64_with_broken_lines_is_read(content: bytes) -> None:
    assert decode_file(base64.encodebytes(content).decode()) == content


async def test_an_upload_that_is_sent_again_under_its_key_happens_once(partner: Partner, vendor: Trader) -> None:
    del vendor
    path = "/payables/upload_from_file"
    answers = []
    for boundary in ("one", "one", "two"):  # clients that repeat a call draw another boundary
        form = f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="a.pdf"\r\n\r\n'.encode()
        headers = {"idempotency-key": "k", "content-type": f"multipart/form-data; boundary={boundary}"}
        body = form + PDF + f"\r\n--{boundary}--\r\n".encode()
        answers.append(await partner.post(path, content=body, headers=headers))
    assert [answer.status_code for answer in answers] == [201, 201, 201]
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert len((await partner.get("/payables")).json()["data"]) == 1
