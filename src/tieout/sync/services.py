"""What the rooms above the engine work with; `app` puts it together."""

from dataclasses import dataclass

from tieout.engine.port import Engine
from tieout.kit.clock import MachineClock
from tieout.platforms.port import HttpClient
from tieout.security.vault import Vault
from tieout.settings import Settings
from tieout.storage.database import Database


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """The parts of a running Tieout. `http` calls platforms, `http_to_partners` the endpoints of webhooks."""

    settings: Settings
    clock: MachineClock
    database: Database
    vault: Vault
    engine: Engine
    http: HttpClient
    http_to_partners: HttpClient
