"""Puts the parts together that every process of Tieout needs, with or without an API."""

from functools import partial

from tieout.engine.lanes import EmbeddedEngine
from tieout.engine.port import Engine
from tieout.kit.clock import MachineClock, SystemClock
from tieout.kit.errors import SettingsRefused
from tieout.platforms.port import HttpClient
from tieout.platforms.transport import HttpxClient
from tieout.security.outbound import outbound_client
from tieout.security.vault import Vault
from tieout.settings import Settings
from tieout.storage.database import Database
from tieout.sync.delivering.sending import ANSWER_BYTES_MAX, TIMEOUT_S
from tieout.sync.services import Services


def build_services(
    settings: Settings, *, clock: MachineClock | None = None, http: HttpClient | None = None
) -> Services:
    """The parts of a running Tieout; raises SettingsRefused or VaultRefused when it cannot run like this."""
    clock = clock or SystemClock()
    try:
        database = Database(settings.database_url)
    except ValueError as error:
        raise SettingsRefused(str(error)) from error
    outside = partial(outbound_client, allow_private_addresses=settings.allow_private_addresses)
    return Services(
        settings=settings,
        clock=clock,
        database=database,
        vault=Vault.from_text(settings.vault_keys.get_secret_value()),
        engine=build_engine(settings, database, clock),
        http=http or HttpxClient(outside()),
        http_to_partners=HttpxClient(
            outside(), answer_bytes_max=ANSWER_BYTES_MAX, call_timeout_s=TIMEOUT_S, cuts_answers=True
        ),
    )


def build_engine(settings: Settings, database: Database, clock: MachineClock) -> Engine:
    """The engine that the settings name; raises SettingsRefused when the database does not suit it."""
    if settings.engine == "distributed":
        from tieout.engine.distributed import DistributedEngine  # noqa: PLC0415 - brings Procrastinate along

        return DistributedEngine(database, clock)
    return EmbeddedEngine(database, clock)
