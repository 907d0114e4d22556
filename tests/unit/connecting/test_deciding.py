"""The pure decisions of connecting and ending."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from tieout.platforms.errors import (
    Explanation,
    GrantEnded,
    Misuse,
    NoAnswer,
    NotSent,
    PermissionMissing,
    PlatformRefusal,
    Throttled,
    Unavailable,
)
from tieout.security.signatures import Signer
from tieout.security.tokens import hash_of
from tieout.storage.tables.connections import Consent
from tieout.sync.attaching import AttachFacts, Attachment, Books, plan_attachment, unchosen
from tieout.sync.callbacks import Landing, landing_of_exchange, landing_of_listing, plan_callback
from tieout.sync.connection_links import LinkRefusal, link_token, plan_link, read_link
from tieout.sync.ending_plans import ENDINGS_PER_TURN_MAX, EndingFacts, InUse, Reach, plan_ending

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
APP, ME, OTHER = uuid4(), uuid4(), uuid4()
HERE = Books(app_id=APP, platform="xero", external_id="1", name="One")
THERE = Books(app_id=APP, platform="xero", external_id="2", name="Two")


def attachment(**facts: object) -> Attachment:
    usual: dict[str, object] = {
        "connection_id": ME,
        "status": "pending_auth",
        "brought": HERE,
        "held_by": None,
        "may_renew": False,
        "before": None,
        "confirmed": False,
    }
    return plan_attachment(AttachFacts(**{**usual, **facts}))  # type: ignore[arg-type]  # values by name


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({}, Attachment.ATTACH),
        ({"status": "deauthorized", "held_by": ME, "before": HERE}, Attachment.ATTACH),
        ({"before": HERE}, Attachment.ATTACH),
        ({"before": THERE}, Attachment.ASK_FIRST),
        ({"before": THERE, "confirmed": True}, Attachment.ATTACH),
        ({"held_by": OTHER}, Attachment.ELSEWHERE),
        ({"held_by": OTHER, "before": THERE, "confirmed": True}, Attachment.ELSEWHERE),
        ({"status": "connected"}, Attachment.ALREADY),
        ({"status": "connected", "held_by": ME, "before": HERE}, Attachment.ALREADY),
        ({"status": "connected", "held_by": ME, "before": HERE, "may_renew": True}, Attachment.ATTACH),
        ({"status": "connected", "held_by": ME, "before": THERE, "may_renew": True}, Attachment.ALREADY),
        ({"status": "connected", "held_by": OTHER}, Attachment.ALREADY),
        ({"status": "disconnected"}, Attachment.CLOSED),
        ({"before": Books(app_id=uuid4(), platform="xero", external_id="1", name="One")}, Attachment.ASK_FIRST),
    ],
)
def test_books_are_attached_only_where_they_belong(facts: dict[str, object], expected: Attachment) -> None:
    assert attachment(**facts) is expected


def test_what_was_not_chosen_is_left_to_be_ended() -> None:
    assert unchosen([{"external_id": "1"}, {"external_id": "2"}], "1") == [{"external_id": "2"}]
    assert unchosen([{"external_id": "1"}], "1") is None


def reach(external_id: str, connection_id: str | None = None) -> Reach:
    return Reach(external_id=external_id, connection_id=connection_id, since=NOW)


def in_use(external: str = "", connections: str = "", users: tuple[str | None, ...] = ()) -> InUse:
    return InUse(external_ids=frozenset(external), connection_ids=frozenset(connections), user_ids=frozenset(users))


def ending(**facts: object) -> tuple[tuple[str, ...], bool, bool]:
    usual: dict[str, object] = {
        "covers_many": True,
        "user_id": "jordan",
        "serves": False,
        "reaches": (reach("1", "c"),),
        "in_use": in_use(),
    }
    plan = plan_ending(EndingFacts(**{**usual, **facts}))  # type: ignore[arg-type]  # values by name
    return plan.connection_ids, plan.revoke, plan.forget


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({}, (("c",), True, True)),
        ({"in_use": in_use("2", "d", ("robin",))}, (("c",), True, True)),
        ({"in_use": in_use("2", "d", ("jordan",))}, (("c",), False, True)),
        ({"in_use": in_use("2", "d", (None,))}, (("c",), False, True)),
        ({"in_use": in_use("1", "c", ("jordan",))}, ((), False, True)),
        ({"in_use": in_use("1", "z", ("robin",))}, ((), True, True)),
        ({"in_use": in_use("9", "c", ("robin",))}, ((), True, True)),
        ({"user_id": None}, (("c",), True, True)),
        ({"user_id": None, "in_use": in_use("2", "d", ("robin",))}, (("c",), False, True)),
        ({"serves": True}, (("c",), False, False)),
        ({"reaches": ()}, ((), True, True)),
        ({"reaches": (reach("1"),)}, ((), True, True)),
    ],
)
def test_where_a_consent_covers_many_only_what_nobody_needs_is_ended(
    facts: dict[str, object], expected: tuple[tuple[str, ...], bool, bool]
) -> None:
    assert ending(**facts) == expected


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({}, ((), True, True)),
        ({"in_use": in_use("2", "", (None,))}, ((), True, True)),
        ({"in_use": in_use("1", "", (None,))}, ((), False, True)),
        ({"reaches": ()}, ((), True, True)),
        ({"reaches": (), "in_use": in_use("2", "", (None,))}, ((), False, True)),
        ({"serves": True}, ((), False, False)),
    ],
)
def test_where_a_consent_is_one_company_it_is_revoked_unless_that_company_is_in_use(
    facts: dict[str, object], expected: tuple[tuple[str, ...], bool, bool]
) -> None:
    assert ending(covers_many=False, user_id=None, **facts) == expected


def test_a_turn_ends_so_many_and_no_more_and_revokes_nothing_before_all_are_ended() -> None:
    reaches = tuple(reach(str(number), f"c{number}") for number in range(ENDINGS_PER_TURN_MAX + 1))
    plan = plan_ending(EndingFacts(covers_many=True, user_id="jordan", serves=False, reaches=reaches, in_use=in_use()))
    assert len(plan.connection_ids) == ENDINGS_PER_TURN_MAX
    assert (plan.revoke, plan.forget, plan.goes_on) == (False, False, True)


BROWSER = "b" * 43


def consent(**values: object) -> Consent:
    usual: dict[str, object] = {
        "platform": "xero",
        "browser_hash": hash_of(BROWSER),
        "used_at": None,
        "finished_at": None,
        "choices": None,
        "expires_at": NOW + timedelta(minutes=30),
    }
    return Consent(**{**usual, **values})


CODE = {"state": "s", "code": "c"}


@pytest.mark.parametrize(
    ("row", "options", "expected"),
    [
        (consent(), {}, None),
        (None, {}, Landing.UNKNOWN),
        (consent(platform="quickbooks"), {}, Landing.UNKNOWN),
        (consent(), {"browser": None}, Landing.OTHER_BROWSER),
        (consent(), {"browser": "x" * 43}, Landing.OTHER_BROWSER),
        (consent(used_at=NOW), {"browser": "x" * 43}, Landing.OTHER_BROWSER),
        (consent(), {"now": NOW + timedelta(minutes=30)}, Landing.TOO_LATE),
        (consent(), {"query": {"error": "access_denied"}}, Landing.DENIED),
        (consent(), {"query": {"error": "invalid_scope"}}, Landing.NOT_SET_UP),
        (consent(), {"query": {"error": "access_denied", "code": "c"}}, Landing.DENIED),
        (consent(), {"query": {"state": "s"}}, Landing.NOT_CONFIRMED),
        (consent(), {"connection_status": "disconnected"}, Landing.ENDED),
        (consent(used_at=NOW), {}, Landing.REPEATED),
        (consent(used_at=NOW), {"connection_status": "connected"}, Landing.CONNECTED),
        (consent(used_at=NOW, choices=[{}]), {}, Landing.CHOOSE),
        (consent(used_at=NOW, choices=[{}], finished_at=NOW), {}, Landing.REPEATED),
        (consent(used_at=NOW, choices=[{}], expires_at=NOW), {}, Landing.REPEATED),
    ],
)
def test_a_callback_lands_where_it_should(
    row: Consent | None, options: dict[str, object], expected: Landing | None
) -> None:
    usual: dict[str, object] = {
        "platform": "xero",
        "browser": BROWSER,
        "query": CODE,
        "connection_status": "pending_auth",
        "now": NOW,
    }
    assert plan_callback(row, **{**usual, **options}) is expected  # type: ignore[arg-type]  # values by name


SAID = Explanation(code="c", message="m", fix="f")


@pytest.mark.parametrize(
    ("refusal", "exchange", "listing"),
    [
        (GrantEnded(SAID), Landing.NOT_CONFIRMED, Landing.NOT_CONFIRMED),
        (PermissionMissing(SAID), Landing.NOT_SET_UP, Landing.NOT_ALLOWED),
        (NoAnswer(SAID), Landing.NOT_ANSWERING, Landing.NOT_ANSWERING),
        (NotSent(SAID), Landing.NOT_ANSWERING, Landing.NOT_ANSWERING),
        (Unavailable(SAID), Landing.NOT_ANSWERING, Landing.NOT_ANSWERING),
        (Throttled(SAID, retry_after_s=1), Landing.NOT_ANSWERING, Landing.NOT_ANSWERING),
        (Misuse(SAID), Landing.NOT_CONFIRMED, Landing.NOT_CONFIRMED),
    ],
)
def test_every_refusal_has_its_page(refusal: PlatformRefusal, exchange: Landing, listing: Landing) -> None:
    assert landing_of_exchange(refusal) is exchange
    assert landing_of_listing(refusal) is listing


SIGNER = Signer((b"k" * 32,))


def test_a_link_says_what_was_put_into_it() -> None:
    ends_at = NOW + timedelta(days=7)
    token = link_token(SIGNER, connection_id=ME, epoch=3, expires_at=ends_at)
    claim = read_link(SIGNER, token)
    assert claim is not None
    assert (claim.connection_id, claim.epoch, claim.expires_at) == (ME, 3, ends_at)
    assert plan_link(claim, current_epoch=3, now=NOW).refusal is None
    assert plan_link(claim, current_epoch=4, now=NOW).refusal is LinkRefusal.ENDED
    assert plan_link(claim, current_epoch=3, now=ends_at).refusal is LinkRefusal.EXPIRED
    assert plan_link(claim, current_epoch=None, now=NOW).refusal is LinkRefusal.UNKNOWN


@pytest.mark.parametrize("token", ["", "x", "x" * 201, "ä" * 40, "=" * 59])
def test_what_is_no_link_is_refused_unread(token: str) -> None:
    assert read_link(SIGNER, token) is None


def test_a_link_under_another_key_or_purpose_is_none() -> None:
    token = link_token(Signer((b"z" * 32,)), connection_id=ME, epoch=1, expires_at=NOW)
    assert read_link(SIGNER, token) is None
    assert read_link(SIGNER, SIGNER.sign("connect_form", b"x" * 28)) is None
