"""Everything that Tieout's API has and the contract has not. The contract checker adds this to the contract.

Additions are new paths and new optional fields of open schemas; never a changed meaning, never a field of a schema that
the contract closes.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class AddedPath:
    """A path below `/v1` with its methods, and why it exists."""

    path: str
    methods: tuple[str, ...]
    why: str


@dataclass(frozen=True, slots=True)
class AddedField:
    """An optional field of a schema of the contract, and why it exists."""

    schema: str
    name: str
    why: str


@dataclass(frozen=True, slots=True)
class AddedValue:
    """A further value of an open enumeration (a free string in the contract), and why it exists."""

    schema: str
    field: str
    value: str
    why: str


PATHS: tuple[AddedPath, ...] = (
    AddedPath("/platforms", ("GET",), "which platforms there are, and every address to paste into their portals"),
    AddedPath("/platforms/environment", ("PUT",), "which environment's apps new connections use"),
    AddedPath("/platforms/{platform}/keys/{environment}", ("PUT", "DELETE"), "the partner's own app at a platform"),
    AddedPath(
        "/accounting_connections/{connection_id}/tie_out", ("GET",), "whether the books agree with ours, to the cent"
    ),
    AddedPath("/brand", ("GET", "PATCH"), "how the connection link looks: in the contract only by asking a person"),
)

FIELDS: tuple[AddedField, ...] = (
    AddedField("ErrorSchema", "type", "documented for a missing version header, but not in the contract's schema"),
    AddedField("AccountingTaxRateResponse", "on_sales", "which side of the books a rate is meant for"),
    AddedField("AccountingTaxRateResponse", "on_purchases", "likewise"),
)

VALUES: tuple[AddedValue, ...] = ()
