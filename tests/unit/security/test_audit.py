"""The chain of the audit trail: whatever is changed shows."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tieout.security.audit import BEFORE_THE_FIRST, AuditLink, entry_hash

LINK = AuditLink(
    partner_id=UUID(int=1),
    number=1,
    at=datetime(2026, 3, 2, 9, 30, tzinfo=UTC),
    actor="client:1",
    action="entity.created",
    subject_id="e-1",
    details={"name": "Acme", "tags": ["a", "b"]},
    previous_hash=BEFORE_THE_FIRST,
)


@pytest.mark.parametrize(
    "change",
    [
        {"partner_id": UUID(int=2)},
        {"number": 2},
        {"at": LINK.at + timedelta(microseconds=1)},
        {"actor": "client:2"},
        {"action": "entity.deleted"},
        {"subject_id": "e-2"},
        {"details": {"name": "Acme", "tags": ["b", "a"]}},
        {"details": {"name": "Acme", "tags": ["a", "b"], "more": None}},
        {"previous_hash": "1" * 64},
        {"actor": "client:1entity", "action": ".created"},
    ],
)
def test_every_part_of_an_entry_counts(change: dict[str, Any]) -> None:
    assert entry_hash(replace(LINK, **change)) != entry_hash(LINK)


def test_the_order_of_details_and_the_zone_of_the_moment_do_not_count() -> None:
    turned = dict(reversed(list(LINK.details.items())))
    elsewhere = LINK.at.astimezone(timezone(timedelta(hours=9)))
    assert entry_hash(replace(LINK, details=turned, at=elsewhere)) == entry_hash(LINK)


@given(st.floats())
def test_a_float_is_refused_because_databases_write_it_in_several_ways(number: float) -> None:
    with pytest.raises(ValueError, match="float"):
        entry_hash(replace(LINK, details={"deep": [{"er": number}]}))


def test_what_is_no_json_is_refused() -> None:
    with pytest.raises(TypeError):
        entry_hash(replace(LINK, details={"at": LINK.at}))
