"""What Alembic runs: the steps, on a connection that `storage.schema` hands over."""

from typing import Any, Literal

from alembic import context
from sqlalchemy import JSON

from tieout.storage.schema import METADATA
from tieout.storage.types import ExactDecimal, Sealed, UtcDateTime


def render_item(type_: str, item: Any, _: Any) -> str | Literal[False]:
    """Our own column types by their names, so that a step reads as the tables do."""
    if type_ != "type":
        return False
    match item:
        case UtcDateTime():
            return "UtcDateTime()"
        case ExactDecimal():
            return "ExactDecimal()"
        case Sealed():
            return "Sealed()"
        case JSON():
            return "Json"
        case _:
            return False


connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=METADATA,
    render_item=render_item,
    render_as_batch=connection.dialect.name == "sqlite",
    transaction_per_migration=True,
    compare_type=True,
)
with context.begin_transaction():
    context.run_migrations()
