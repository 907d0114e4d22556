"""What an entity's tax values are in its books."""

from decimal import Decimal
from uuid import UUID

from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, mapped_column

from tieout.kit.identifiers import new_id
from tieout.storage.database import Table
from tieout.storage.tables.business import Dated, OfEntity
from tieout.storage.types import ExactDecimal


class TaxMapping(OfEntity, Dated, Table):
    """A tax of the partner's, by its value (percent x 100) or its VAT rate, and the rate of the books that it is.

    It stands for one side of the books; with a country, only for counterparts there. `subject` says all of that in one
    text, so that there is one mapping for it. The rate may belong to books that the entity had before.
    """

    __tablename__ = "tax_mappings"
    __table_args__ = (Index("uq_tax_mappings_subject", "entity_id", "subject", unique=True),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    subject: Mapped[str] = mapped_column(String(80))
    side: Mapped[str] = mapped_column(String(10))
    tax_rate_value: Mapped[Decimal | None] = mapped_column(ExactDecimal)
    vat_rate_id: Mapped[UUID | None] = mapped_column()
    country: Mapped[str | None] = mapped_column(String(2))
    accounting_tax_rate_id: Mapped[UUID] = mapped_column()
