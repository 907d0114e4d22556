"""What a partner's documents must have to be complete: chosen by the partner, or the contract's defaults."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, TypeVar

from sqlalchemy import select

from tieout.api.dependencies import Call
from tieout.storage.tables.access import Partner

Field = TypeVar("Field", bound=StrEnum)


@dataclass(frozen=True, slots=True, kw_only=True)
class RequiredFields(Generic[Field]):
    """The required fields of one kind of document; `setting` is where the partner's settings keep the choice."""

    setting: str
    words: type[Field]
    defaults: tuple[Field, ...]

    async def load(self, call: Call) -> list[Field]:
        """What the caller's documents must have."""
        kept = (await self._partner(call)).settings.get(self.setting)
        return list(self.defaults) if kept is None else [self.words(name) for name in kept]

    async def choose(self, call: Call, fields: Sequence[Field]) -> list[Field]:
        """Require these fields, each once, instead of what was required so far."""
        chosen = list(dict.fromkeys(fields))
        partner = await self._partner(call, for_update=True)
        partner.settings = {**partner.settings, self.setting: [field.value for field in chosen]}
        partner.updated_at = call.now
        return chosen

    async def reset(self, call: Call) -> list[Field]:
        """Go back to the defaults."""
        partner = await self._partner(call, for_update=True)
        partner.settings = {key: value for key, value in partner.settings.items() if key != self.setting}
        partner.updated_at = call.now
        return list(self.defaults)

    async def _partner(self, call: Call, *, for_update: bool = False) -> Partner:
        query = select(Partner).where(Partner.id == call.partner_id)
        return (await call.session.scalars(query.with_for_update() if for_update else query)).one()
