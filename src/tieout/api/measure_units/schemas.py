"""What is sent and shown of a measure unit (Monite, 'Measure units')."""

from typing import Annotated

from pydantic import StringConstraints

from tieout.api.schemas import Body, Dated, OpenBody, Shown, refuse_null

Name = Annotated[str, StringConstraints(min_length=1, max_length=100)]
Description = Annotated[str, StringConstraints(max_length=200)]


class UnitRequest(OpenBody):
    """A new unit."""

    name: Name
    description: Description | None = None


class UnitUpdate(Body):
    """A change of a unit."""

    name: Name | None = None
    description: Description | None = None

    _kept = refuse_null("name")


class UnitResponse(Dated):
    """A unit."""

    name: str
    description: str | None = None


class UnitListResponse(Shown):
    """All units of an entity."""

    data: list[UnitResponse]
