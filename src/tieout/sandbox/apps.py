"""The programs that are registered with a simulated platform, as in its developer portal."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from hmac import compare_digest
from random import Random
from typing import Any
from urllib.parse import urlsplit

APPS_MAX = 1_000
"""How many programs may be registered."""
REDIRECT_URIS_MAX = 25
"""How many return addresses a program may have."""
_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


class AppRefusedError(ValueError):
    """The registration makes no sense; the message says why."""


@dataclass(frozen=True, slots=True)
class App:
    """A registered program."""

    client_id: str
    client_secret: str
    name: str
    redirect_uris: tuple[str, ...]
    webhook_url: str | None
    webhook_key: str
    disconnect_url: str | None

    def has_secret(self, secret: str) -> bool:
        """Whether that is the program's secret."""
        return compare_digest(self.client_secret.encode(), secret.encode())

    def told(self) -> dict[str, object]:
        """For the control surface, which stands in for the developer portal and so shows the secrets."""
        return {
            "client_id": self.client_id,
            "client_secret": self.client_secret,
            "name": self.name,
            "redirect_uris": self.redirect_uris,
            "webhook_url": self.webhook_url,
            "webhook_key": self.webhook_key,
            "disconnect_url": self.disconnect_url,
        }


@dataclass(slots=True)
class Apps:
    """Every registered program of one platform."""

    random: Random
    by_client_id: dict[str, App] = field(default_factory=dict)

    def register(self, wish: Mapping[str, Any]) -> App:
        """Register a program: `{name, redirect_uris, webhook_url?, disconnect_url?}`. Raises `AppRefusedError`.

        `client_id` and `client_secret` may be given, so that a demo can be set up twice with the same keys.
        """
        unknown = set(wish) - {"name", "redirect_uris", "webhook_url", "disconnect_url", "client_id", "client_secret"}
        if unknown:
            raise AppRefusedError(f"unknown: {', '.join(sorted(unknown))}")
        if len(self.by_client_id) >= APPS_MAX:
            raise AppRefusedError(f"at most {APPS_MAX} programs")
        name = _text(wish, "name") or ""
        if not name:
            raise AppRefusedError("name is missing")
        client_id = _text(wish, "client_id") or self._draw(40)
        app = App(
            client_id=client_id,
            client_secret=_text(wish, "client_secret") or self._draw(48),
            name=name,
            redirect_uris=_redirect_uris(wish),
            webhook_url=_address(wish, "webhook_url"),
            webhook_key=self._draw(44),
            disconnect_url=_address(wish, "disconnect_url"),
        )
        self.by_client_id[client_id] = app
        return app

    def listed(self) -> Sequence[App]:
        """Every program, oldest first."""
        return tuple(self.by_client_id.values())

    def _draw(self, length: int) -> str:
        return "".join(self.random.choice(_ALPHABET) for _ in range(length))


def _redirect_uris(wish: Mapping[str, Any]) -> tuple[str, ...]:
    uris = wish.get("redirect_uris")
    if not isinstance(uris, list) or not uris or not all(isinstance(uri, str) for uri in uris):
        raise AppRefusedError("redirect_uris is a list of at least one address")
    if len(uris) > REDIRECT_URIS_MAX:
        raise AppRefusedError(f"at most {REDIRECT_URIS_MAX} redirect_uris")
    for uri in uris:
        _check_address(uri, "redirect_uris")
    return tuple(uris)


def _address(wish: Mapping[str, Any], name: str) -> str | None:
    address = _text(wish, name)
    if address is not None:
        _check_address(address, name)
    return address


def _check_address(address: str, name: str) -> None:
    parts = urlsplit(address)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.fragment:
        raise AppRefusedError(f"{name}: {address} is no web address")
    if parts.scheme == "http" and parts.hostname not in _LOOPBACK:
        raise AppRefusedError(f"{name}: {address} has to be https, except on this machine")


def _text(wish: Mapping[str, Any], name: str) -> str | None:
    value = wish.get(name)
    if value is None or value == "":
        return None
    if not isinstance(value, str):
        raise AppRefusedError(f"{name} is text")
    return value
