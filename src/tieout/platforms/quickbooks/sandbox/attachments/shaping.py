"""Attachables: a note or a file, and what it hangs on. Lengths and categories as in the object's reference page."""

from typing import Any

from tieout.platforms.quickbooks.sandbox import refusals
from tieout.platforms.quickbooks.sandbox.accounting.books import Books
from tieout.platforms.quickbooks.sandbox.accounting.kinds import BY_ROUTE
from tieout.platforms.quickbooks.sandbox.accounting.records import Record, Shaped
from tieout.platforms.quickbooks.sandbox.accounting.wishes import ENVELOPE, Wish, check_lengths, keep

WITH_FILE = "file"
"""What an upload tells `create` besides: there is a file."""
CATEGORIES = ("Contact Photo", "Document", "Image", "Receipt", "Signature", "Sound", "Other")
_LENGTHS = {"FileName": 1000, "Note": 2000, "Category": 100, "ContentType": 100, "PlaceName": 2000, "Tag": 2000}
_MADE = frozenset({"FileAccessUri", "TempDownloadUri", "ThumbnailFileAccessUri", "ThumbnailTempDownloadUri"})
"""Addresses that are made at reading; what is sent for them counts for nothing, as documented."""
_OF_FILES = ("FileName", "ContentType", "Size")
_UNLINKABLE = frozenset({"Attachable", "CompanyInfo", "Preferences", "TaxCode", "TaxRate", "TaxAgency"})


def shape_attachable(wish: Wish) -> Shaped:
    """A note, or a file's description. Raises `Refusal`: 2020, 2050, 2170, 6000 and 6050 for what it hangs on."""
    body = wish.body
    check_lengths(body, _LENGTHS)
    if body.get("Category") is not None and body["Category"] not in CATEGORIES:
        raise refusals.invalid_choice("Category", body["Category"])
    content = keep(body, ENVELOPE | _MADE | {"AttachableRef", "Size"})
    standing = wish.standing.content if wish.standing is not None else {}
    if WITH_FILE in wish.include:
        content["Size"] = body["Size"]
    elif "Size" in standing:
        content |= {name: standing[name] for name in _OF_FILES if name not in content or name != "FileName"}
    elif not content.get("Note"):
        raise refusals.missing("Note")
    links = [_link(wish.books, link) for link in body.get("AttachableRef") or ()]
    if links:
        content["AttachableRef"] = links
    return Shaped(content)


def _link(books: Books, link: dict[str, Any]) -> dict[str, Any]:
    """What an attachable hangs on: an object that exists, and whether it goes along when that is mailed."""
    told: dict[str, Any] = {}
    entity = link.get("EntityRef")
    if entity is not None:
        told["EntityRef"] = _entity(books, entity)
    told["IncludeOnSend"] = link.get("IncludeOnSend", False)
    if "LineInfo" in link:
        told["LineInfo"] = link["LineInfo"]
    return told


def _entity(books: Books, entity: dict[str, Any]) -> dict[str, str]:
    name, entity_id = str(entity.get("type", "")), str(entity.get("value", ""))
    if not name:
        raise refusals.missing("EntityRef.type")
    kind = BY_ROUTE.get(name.lower())
    if kind is None or kind.name in _UNLINKABLE:
        raise refusals.unlinkable(name)
    if books.shelf(kind).get(entity_id) is None:
        shown = f"{kind.name} {entity_id}"
        raise refusals.business(f"The entity {shown} that you are trying to link does not exist. {shown}")
    return {"value": entity_id, "type": kind.name}


def derive_attachable(books: Books, record: Record) -> dict[str, Any]:
    """The addresses of a file; a note has none."""
    if not books.files.has(record.id):
        return {}
    realm_id, now = books.profile.id, books.now()
    told = {
        "FileAccessUri": f"/v3/company/{realm_id}/download/{record.id}",
        "TempDownloadUri": books.files.address(record.id, now),
    }
    if str(record.content.get("ContentType", "")).startswith("image/"):
        told["ThumbnailFileAccessUri"] = f"/v3/company/{realm_id}/attachable-thumbnail/{record.id}"
        told["ThumbnailTempDownloadUri"] = books.files.address(
            record.id, now, folder="attachmentthumbnails", prefix="tn_200x200_"
        )
    return told
