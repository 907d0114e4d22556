"""Putting tags on records, taking them off, and finding records by them."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Select, delete, select

from tieout.api.announcing import announce
from tieout.api.dependencies import CallForEntity
from tieout.api.schemas import given
from tieout.api.scope import load_of_entity, rows_of_entity
from tieout.api.tags.schemas import TagCreateSchema, TagReadSchema, TagUpdateSchema
from tieout.kit.errors import Fault, Unprocessable
from tieout.storage.tables.tags import Tag, Tagging

TAGS_OF_RECORD_MAX = 100


def show_tag(row: Tag) -> TagReadSchema:
    """A tag as callers see it."""
    shown: TagReadSchema = TagReadSchema.model_validate(row)
    return shown


async def load_tag(call: CallForEntity, tag_id: UUID, *, for_update: bool = False) -> Tag:
    """A tag of the call's entity; raises NotFound."""
    return await load_of_entity(call, Tag, tag_id, "tag", for_update=for_update)


async def create(call: CallForEntity, body: TagCreateSchema) -> TagReadSchema:
    """Make a tag."""
    row = Tag(
        partner_id=call.partner_id,
        entity_id=call.entity_id,
        created_by_entity_user_id=call.entity_user_id,
        created_at=call.now,
        updated_at=call.now,
        **body.model_dump(),
    )
    call.session.add(row)
    await call.session.flush()
    announce(call, "tag", row.id, "created", show_tag(row))
    return show_tag(row)


async def change(call: CallForEntity, tag_id: UUID, body: TagUpdateSchema) -> TagReadSchema:
    """Change a tag, wherever it is; raises NotFound."""
    row = await load_tag(call, tag_id, for_update=True)
    for name, value in given(body).items():
        setattr(row, name, value)
    row.updated_at = call.now
    announce(call, "tag", row.id, "updated", show_tag(row))
    return show_tag(row)


async def remove(call: CallForEntity, tag_id: UUID) -> None:
    """Delete a tag, and take it off every record; raises NotFound."""
    row = await load_tag(call, tag_id, for_update=True)
    announce(call, "tag", row.id, "deleted", show_tag(row))
    await call.session.execute(delete(Tagging).where(Tagging.tag_id == row.id, Tagging.partner_id == call.partner_id))
    await call.session.delete(row)


async def put_tags(
    call: CallForEntity, object_type: str, object_id: UUID, tag_ids: Sequence[UUID] | None, *, place: str = "tag_ids"
) -> None:
    """Let a record carry exactly these tags; raises Unprocessable for those that the entity does not have."""
    wanted = list(dict.fromkeys(tag_ids or ()))
    query = rows_of_entity(call, Tag).where(Tag.id.in_(wanted)).with_only_columns(Tag.id)
    known = set(await call.session.scalars(query.with_for_update(read=True))) if wanted else set()
    faults = [
        Fault(("body", place, number), f"there is no tag {tag_id}", "value_error.unknown_id")
        for number, tag_id in enumerate(tag_ids or ())
        if tag_id not in known
    ]
    if faults:
        raise Unprocessable(*faults)
    of_record = (Tagging.object_id == object_id, Tagging.partner_id == call.partner_id)
    await call.session.execute(delete(Tagging).where(*of_record))
    owner: dict[str, Any] = {"partner_id": call.partner_id, "entity_id": call.entity_id, "object_type": object_type}
    call.session.add_all(Tagging(tag_id=tag_id, object_id=object_id, **owner) for tag_id in wanted)


async def load_tags(call: CallForEntity, object_ids: Collection[UUID]) -> Mapping[UUID, Sequence[TagReadSchema]]:
    """The tags of records, by the records' ids; oldest tags first."""
    found: dict[UUID, list[TagReadSchema]] = defaultdict(list)
    rows = await call.session.execute(
        select(Tagging.object_id, Tag)
        .join(Tag, Tag.id == Tagging.tag_id)
        .where(
            Tagging.object_id.in_(object_ids),
            Tagging.partner_id == call.partner_id,
            Tagging.entity_id == call.entity_id,
        )
        .order_by(Tag.created_at, Tag.id)
    )
    for object_id, tag in rows:
        found[object_id].append(show_tag(tag))
    return found


def tagged(call: CallForEntity, object_type: str, tag_ids: Iterable[UUID] | None = None) -> Select[Any]:
    """The ids of records that carry at least one of these tags; without `tag_ids`, any at all."""
    query = select(Tagging.object_id).where(
        Tagging.partner_id == call.partner_id, Tagging.entity_id == call.entity_id, Tagging.object_type == object_type
    )
    return query if tag_ids is None else query.where(Tagging.tag_id.in_(list(tag_ids)))
