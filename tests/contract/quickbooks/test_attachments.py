from base64 import b64encode
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import httpx2
import msgspec
import pytest
from tests.contract.quickbooks.program import ORIGIN, Connected, Platform, decode

from tieout.platforms.quickbooks.sandbox.attachments.keeping import KEPT_BYTES_MAX
from tieout.platforms.quickbooks.sandbox.attachments.uploading import UPLOAD_BYTES_MAX

TEXT = b"<?xml version='1.0'?>\r\n--no boundary\r\n"
BOUNDARY = "-----------RubyMultipartPost-9c1abaa2"


def a_part(name: str, content: bytes, kind: str, filename: str = "f", encoding: str = "binary") -> bytes:
    head = (
        f'Content-Disposition: form-data; name="{name}"; filename="{filename}"\r\nContent-Length: {len(content)}\r\n'
        f"Content-Type: {kind}\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n"
    )
    return f"--{BOUNDARY}\r\n{head}".encode() + content + b"\r\n"


def a_pair(
    number: str, description: Any, content: bytes = TEXT, kind: str = "text/xml", encoding: str = "binary"
) -> bytes:
    described = a_part(f"file_metadata_{number}", msgspec.json.encode(description), "application/json")
    return described + a_part(f"file_content_{number}", content, kind, "no_detail.xml", encoding)


async def send(connected: Connected, *parts: bytes, **params: str) -> httpx2.Response:
    headers = {"content-type": f"multipart/form-data; boundary={BOUNDARY}"}
    body = b"".join(parts) + f"--{BOUNDARY}--\r\n".encode()
    return await connected.call("POST", "upload", content=body, headers=headers, params=params)


async def upload(connected: Connected, *parts: bytes) -> list[dict[str, Any]]:
    answer = await send(connected, *parts)
    assert answer.status_code == 200, answer.text
    return list(decode(answer)["AttachableResponse"])


def on(kind: str, entity_id: str) -> list[dict[str, Any]]:
    return [{"EntityRef": {"type": kind, "value": entity_id}}]


async def fetch(platform: Platform, address: str) -> httpx2.Response:
    return await platform.http.get(address)


async def test_an_uploaded_file_is_told_as_recorded_and_can_be_fetched(
    platform: Platform, connected: Connected
) -> None:
    invoice = await connected.invoice()
    described = {
        "AttachableRef": on("Invoice", invoice["Id"]), "FileName": "no_detail.xml", "ContentType": "text/xml",
    }  # fmt: skip
    (item,) = await upload(connected, a_pair("01", described))
    made = item["Attachable"]
    assert made["FileAccessUri"] == f"/v3/company/{connected.realm}/download/{made['Id']}"
    assert made["AttachableRef"] == [
        {"EntityRef": {"value": invoice["Id"], "type": "Invoice"}, "IncludeOnSend": False},
    ]
    assert (made["Size"], made["ContentType"], made["SyncToken"]) == (len(TEXT), "text/xml", "0")
    address = urlsplit(made["TempDownloadUri"])
    assert f"{address.scheme}://{address.netloc}" == ORIGIN
    assert address.path.startswith(f"/{connected.realm}/attachments/")
    assert address.path.endswith("no_detail.xml")
    assert "X-Amz-Date=20260504T190000Z" in address.query
    assert "X-Amz-Expires=900" in address.query
    fetched = await fetch(platform, made["TempDownloadUri"])
    assert (fetched.status_code, fetched.content, fetched.headers["content-type"]) == (200, TEXT, "text/xml")
    assert fetched.headers["x-frame-options"] == "DENY"
    assert "frame-ancestors 'none'" in fetched.headers["content-security-policy"]


async def test_a_download_is_a_bare_address_as_text(platform: Platform, connected: Connected) -> None:
    (item,) = await upload(connected, a_pair("01", {}))
    made = item["Attachable"]
    assert made["FileName"] == "no_detail.xml"
    answer = await connected.call("GET", f"download/{made['Id']}", headers={"accept": "*/*"})
    assert answer.headers["content-type"].startswith("text/plain")
    assert (await fetch(platform, answer.text)).content == TEXT


async def test_an_address_opens_the_file_for_fifteen_minutes_and_not_when_it_is_changed(
    platform: Platform, connected: Connected
) -> None:
    (item,) = await upload(connected, a_pair("01", {"FileName": "ä & ö.txt"}))
    address = item["Attachable"]["TempDownloadUri"]
    for changed in (address.replace("Expires=900", "Expires=901"), address.replace("no", "yes")[:-1], address[:60]):
        assert (await fetch(platform, changed)).status_code == 403
    platform.clock.move(timedelta(seconds=900))
    assert (await fetch(platform, address)).status_code == 200
    platform.clock.move(timedelta(seconds=1))
    refused = await fetch(platform, address)
    assert (refused.status_code, "Request has expired" in refused.text) == (403, True)
    again = (await connected.get(f"attachable/{item['Attachable']['Id']}"))["Attachable"]
    assert again["TempDownloadUri"] != address
    assert (await fetch(platform, again["TempDownloadUri"])).status_code == 200


async def test_several_files_are_answered_each_on_its_own(connected: Connected) -> None:
    told = await upload(
        connected,
        a_pair("02", {"AttachableRef": on("Invoice", "75000")}),
        a_pair("01", {"FileName": "first.txt"}, b64encode(b"hello"), "text/plain", "base64"),
    )
    assert (told[0]["Attachable"]["FileName"], told[0]["Attachable"]["Size"]) == ("first.txt", 5)
    assert told[1]["Fault"] == {
        "Error": [
            {
                "Message": "A business validation error has occurred while processing your request",
                "Detail": "Business Validation Error: The entity Invoice 75000 that you are trying to link does not "
                "exist. Invoice 75000",
                "code": "6000",
                "element": "",
            }
        ],
        "type": "ValidationFault",
    }


async def test_an_empty_file_is_kept(connected: Connected) -> None:
    (told,) = await upload(connected, a_pair("01", {"FileName": "empty.txt"}, b""))
    assert told["Attachable"]["Size"] == 0


@pytest.mark.parametrize(
    ("parts", "code"),
    [
        (a_part("file_metadata_01", b"{}", "application/json"), "2020"),
        (a_pair("01", {"AttachableRef": on("TaxCode", "TAX")}), "6050"),
        (a_pair("01", {"AttachableRef": on("Colour", "1")}), "6050"),
        (a_pair("01", [1]), "6040"),
        (a_pair("01", {"Colour": "red"}), "2010"),
        (a_pair("01", {"Category": "Poem"}), "2170"),
        (a_pair("01", {"FileName": "x" * 1001}), "2050"),
    ],
)
async def test_a_file_that_is_refused_has_its_fault_under_status_200(
    connected: Connected, parts: bytes, code: str
) -> None:
    (item,) = await upload(connected, parts)
    assert item["Fault"]["Error"][0]["code"] == code


async def test_an_ended_subscription_refuses_every_file_under_status_200(
    platform: Platform, connected: Connected
) -> None:
    platform.books().switches.subscription_ended = True
    for item in await upload(connected, a_pair("01", {}), a_pair("02", {})):
        (error,) = item["Fault"]["Error"]
        assert (error["code"], error["element"]) == ("6190", "")
        assert error["Detail"].startswith("Subscription period has ended or canceled or there was a billing problem :")


async def test_uploads_that_are_none_are_refused_whole(connected: Connected) -> None:
    for body in (b"", a_part("file_content_01", b"x", "text/plain"), b"--" + BOUNDARY.encode() + b"--\r\n"):
        headers = {"content-type": f"multipart/form-data; boundary={BOUNDARY}"}
        assert (await connected.refused("POST", "upload", content=body, headers=headers))[0] == "6041"
    assert (await connected.refused("POST", "upload", json={}))[0] == "6041"
    answer = await send(connected, a_part("picture", b"x", "text/plain"))
    assert answer.json()["Fault"]["Error"][0]["code"] == "2010"


async def test_a_repeated_upload_keeps_one_file(platform: Platform, connected: Connected) -> None:
    first = await send(connected, a_pair("01", {}), requestid="u-1")
    again = await send(connected, a_pair("01", {}), requestid="u-1")
    assert again.content == first.content
    assert platform.books().files.bytes_kept == len(TEXT)


async def test_what_is_larger_than_an_upload_may_be_is_refused(connected: Connected) -> None:
    answer = await send(connected, a_pair("01", {}, bytes(UPLOAD_BYTES_MAX)))
    assert answer.json()["Fault"]["Error"][0]["code"] == "6030"


async def test_more_than_a_company_keeps_is_told_loudly(platform: Platform, connected: Connected) -> None:
    platform.books().files.bytes_kept = KEPT_BYTES_MAX
    assert (await send(connected, a_pair("01", {}))).status_code == 501


async def test_a_note_is_written_changed_queried_and_deleted_by_its_id_alone(connected: Connected) -> None:
    note = await connected.post("Attachable", {"Note": "A note.", "AttachableRef": on("Customer", "1")})
    assert "FileAccessUri" not in note
    assert (await connected.refused("GET", f"download/{note['Id']}"))[0] == "610"
    changed = await connected.post("Attachable", {**note, "Note": "Another."})
    assert (changed["Note"], changed["SyncToken"]) == ("Another.", "1")
    where = "AttachableRef.EntityRef.Type = 'Customer' and AttachableRef.EntityRef.value = '1'"
    found = await connected.query(f"select * from Attachable where {where}")  # noqa: S608 - the simulated language, not SQL
    assert [one["Id"] for one in found["Attachable"]] == [note["Id"]]
    answer = await connected.call("POST", "attachable?operation=delete", json={"Id": note["Id"]})
    assert decode(answer)["Attachable"] == {"domain": "QBO", "status": "Deleted", "Id": note["Id"]}
    assert (await connected.refused("GET", f"attachable/{note['Id']}"))[0] == "610"


async def test_a_description_of_a_file_may_change_and_the_file_stays(platform: Platform, connected: Connected) -> None:
    (item,) = await upload(connected, a_pair("01", {}))
    made = item["Attachable"]
    linked = await connected.post(
        "Attachable", {"Id": made["Id"], "SyncToken": "0", "sparse": True, "AttachableRef": on("Vendor", "30")}
    )
    assert (linked["FileName"], linked["Size"]) == (made["FileName"], made["Size"])
    assert (await fetch(platform, linked["TempDownloadUri"])).content == TEXT
    await connected.call("POST", "attachable?operation=delete", json={"Id": made["Id"]})
    assert (await fetch(platform, linked["TempDownloadUri"])).status_code == 404
    assert platform.books().files.bytes_kept == 0


async def test_a_note_needs_words(connected: Connected) -> None:
    assert (await connected.refused("POST", "attachable", json={"AttachableRef": on("Customer", "1")}))[0] == "2020"


async def test_a_body_whose_lines_end_without_carriage_returns_is_read_as_well(connected: Connected) -> None:
    encoded = b64encode(TEXT).decode()
    body = (
        f'\n--{BOUNDARY}\nContent-Disposition: form-data; name="file_metadata_01"\nContent-Type: application/json\n\n'
        f'{{"FileName": "a.xml", "ContentType": "text/xml"}}\n\n--{BOUNDARY}\n'
        f'Content-Disposition: form-data; name="file_content_01"\nContent-Type: text/xml\n'
        f"Content-Transfer-Encoding: base64\n\n{encoded}\n\n--{BOUNDARY}--\n"
    )
    headers = {"content-type": f"multipart/form-data; boundary={BOUNDARY}"}
    answer = await connected.call("POST", "upload", content=body.encode(), headers=headers)
    (item,) = decode(answer)["AttachableResponse"]
    assert (item["Attachable"]["FileName"], item["Attachable"]["Size"]) == ("a.xml", len(TEXT))


async def test_a_picture_has_an_address_for_its_thumbnail_which_is_not_made(
    platform: Platform, connected: Connected
) -> None:
    (item,) = await upload(connected, a_pair("01", {"FileName": "image.png", "ContentType": "image/png"}))
    made = item["Attachable"]
    assert made["ThumbnailFileAccessUri"] == f"/v3/company/{connected.realm}/attachable-thumbnail/{made['Id']}"
    assert "/attachmentthumbnails/tn_200x200_" in made["ThumbnailTempDownloadUri"]
    assert (await fetch(platform, made["ThumbnailTempDownloadUri"])).status_code == 501
