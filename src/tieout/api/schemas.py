"""What the schemas of all resources are made of.

Requests derive from `Body` (unknown fields are refused) or `OpenBody` (where the contract lets them pass), filters from
`Filters`, answers from `Shown`. Whole numbers and truth values are strict; dates, UUIDs and enumerations are read from
JSON text. The platforms' own databases refuse the character NUL in text, so it is refused here, with its place.
"""

import re
from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    EmailStr,
    Field,
    GetJsonSchemaHandler,
    HttpUrl,
    PlainSerializer,
    StrictBool,
    TypeAdapter,
    WithJsonSchema,
    field_validator,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError

from tieout.api import additions
from tieout.api.enumerations import ENUMERATIONS

AMOUNT_MINOR_MAX = 9_007_199_254_740_991
DIGITS_MAX, DECIMAL_PLACES_MAX = 60, 30
"""Of a number that is kept with every digit: with its sign and point it must fit its column."""
JSON_DEPTH_MAX = 16
URL_LENGTH_MAX = 2_083
VARIANT = "variant:"
"""What the tag of a body's variant begins with: a place in the body is told without it."""

_HTTP_URL = TypeAdapter(HttpUrl)
_HALF_A_CHARACTER = re.compile("[\ud800-\udfff]")

__all__ = ["EmailStr", "StrictBool"]


def _one_of(name: str, what: str) -> AfterValidator:
    words = frozenset(ENUMERATIONS[name]) | {added.value for added in additions.VALUES if added.schema == name}

    def check(value: str) -> str:
        if value not in words:
            raise PydanticCustomError("enum", "Input should be {what}", {"what": what})
        return value

    return AfterValidator(check)


def _enumerated(name: str) -> WithJsonSchema:
    return WithJsonSchema({"type": "string", "enum": ENUMERATIONS[name], "title": name})


Country = Annotated[
    str, _one_of("AllowedCountries", "a country code of two capital letters"), _enumerated("AllowedCountries")
]
Currency = Annotated[
    str, _one_of("CurrencyEnum", "a currency code of three capital letters"), _enumerated("CurrencyEnum")
]
Language = Annotated[str, _one_of("LanguageCodeEnum", "a language code"), _enumerated("LanguageCodeEnum")]
ApiVersion = Annotated[str, _one_of("APIVersion", "a version of the API"), _enumerated("APIVersion")]
VatIdType = Annotated[str, _one_of("VatIDTypeEnum", "a type of tax number"), _enumerated("VatIDTypeEnum")]
EventObjectType = Annotated[
    str, _one_of("WebhookObjectType", "a type of object that events name"), _enumerated("WebhookObjectType")
]


def _in_utc(moment: datetime) -> datetime:
    """A moment without a zone is UTC, as the contract's times are."""
    try:
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except OverflowError as error:
        message = "Input should be a moment between the years 1 and 9999 in UTC"
        raise ValueError(message) from error


def _is_url(value: str) -> str:
    """Checked, but kept as it was written."""
    _HTTP_URL.validate_python(value)
    return value


Url = Annotated[str, Field(min_length=1, max_length=URL_LENGTH_MAX), AfterValidator(_is_url)]
Moment = Annotated[datetime, AfterValidator(_in_utc)]
StrictWhole = Annotated[int, Field(strict=True)]
AmountMinor = Annotated[int, Field(strict=True, ge=0, le=AMOUNT_MINOR_MAX)]


class _ShownAsNumber:
    """Leaves out of the description that a Decimal may be written as text too."""

    def __get_pydantic_json_schema__(self, core: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        shown = handler(core)
        for variant in shown.pop("anyOf", ()):
            if variant.get("type") == "number":
                shown.update(variant)
        return shown


Number = Annotated[
    Decimal,
    Field(max_digits=DIGITS_MAX, decimal_places=DECIMAL_PLACES_MAX),
    PlainSerializer(float, return_type=float, when_used="json"),
    _ShownAsNumber(),
]
"""A quantity or a factor, never money: shown as a JSON number."""


def _check_text(value: Any) -> Any:
    if isinstance(value, str) and "\x00" in value:
        raise PydanticCustomError("string_nul", "Input should not contain the character NUL")
    if isinstance(value, str) and not value.isascii() and _HALF_A_CHARACTER.search(value):
        raise PydanticCustomError("string_unicode", "Input should be a valid string, without unpaired surrogates")
    return value


def _check_free(value: Any, depth: int = 0) -> Any:
    """Text at any depth of a value that no schema describes."""
    if depth > JSON_DEPTH_MAX:
        message = "Input should be nested at most {depth} levels deep"
        raise PydanticCustomError("too_deep", message, {"depth": JSON_DEPTH_MAX})
    inner = [*value, *value.values()] if isinstance(value, dict) else value if isinstance(value, list) else ()
    for part in inner:
        _check_free(part, depth + 1)
    return _check_text(value)


FreeObject = Annotated[dict[str, Any], AfterValidator(_check_free)]
"""An object that only the partner understands."""


class OpenBody(BaseModel):
    """A request that the contract lets carry unknown fields, which are left alone."""

    model_config = ConfigDict(extra="ignore")

    @field_validator("*", mode="before")
    @classmethod
    def _has_storable_text(cls, value: Any) -> Any:
        for part in value if isinstance(value, list) else (value,):
            _check_text(part)
        return value


class Body(OpenBody):
    """A request with exactly these fields."""

    model_config = ConfigDict(extra="forbid")


class Filters(OpenBody):
    """The filters of a list, as query parameters."""


class Shown(BaseModel):
    """An answer, read from a row or made by hand."""

    model_config = ConfigDict(from_attributes=True)


class Dated(Shown):
    """What almost every answer begins with."""

    id: UUID
    created_at: datetime
    updated_at: datetime


class Page(Shown):
    """What every paged list ends with; `data` stands in the resource's own class."""

    next_pagination_token: str | None = None
    prev_pagination_token: str | None = None


class Message(Shown):
    """A sentence."""

    message: str


class PartnerMetadata(OpenBody):
    """Free data that the partner keeps with a record."""

    metadata: FreeObject


class PartnerMetadataResponse(Shown):
    """The same, as it is kept."""

    metadata: dict[str, Any]


def refuse_null(*fields: str) -> Any:
    """A validator for changes: these fields may be left out, but not emptied."""

    def check(value: Any) -> Any:
        if value is None:
            raise PydanticCustomError("null_not_allowed", "This field can be changed or left out, but not emptied")
        return value

    return field_validator(*fields, mode="before")(check)


def given(body: BaseModel) -> dict[str, Any]:
    """The fields that a change names, as they are stored."""
    return body.model_dump(exclude_unset=True)
