"""The programs that are registered with a simulated platform, as in its developer portal."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
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
    disconnect_url: str | None
    workspace: str = "default"
    """Whose account pays: calls are billed for all programs of a workspace together."""
    production: bool = True
    """Whether its calls are billed; those of a program that is still being developed are not."""

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
            "disconnect_url": self.disconnect_url,
            "workspace": self.workspace,
            "production": self.production,
        }


@dataclass(slots=True)
class Apps:
    """Every registered program of one platform."""

    random: Random
    by_client_id: dict[str, App] = field(default_factory=dict)

    def register(self, wish: Mapping[str, Any]) -> App:
        """Register a program. Raises `AppRefusedError`.

        `{name, redirect_uris, disconnect_url?, workspace?, production?}`; `client_id` and `client_secret` may be given,
        so that a demo can be set up twice with the same keys.
        """
        _only(wish, _FIELDS | {"client_id", "client_secret"})
        if len(self.by_client_id) >= APPS_MAX:
            raise AppRefusedError(f"at most {APPS_MAX} programs")
        app = App(
            client_id=_text(wish, "client_id") or self._draw(40),
            client_secret=_text(wish, "client_secret") or self._draw(48),
            **_read({"workspace": "default", "production": True} | dict(wish), _FIELDS),
        )
        self.by_client_id[app.client_id] = app
        return app

    def change(self, client_id: str, wish: Mapping[str, Any]) -> App:
        """Change what is sent of a program's registration, its keys excepted. Raises `AppRefusedError`."""
        _only(wish, _FIELDS)
        app = replace(self.by_client_id[client_id], **_read(wish, frozenset(wish)))
        self.by_client_id[client_id] = app
        return app

    def remove(self, client_id: str) -> bool:
        """End a program's registration; False when there is none."""
        return self.by_client_id.pop(client_id, None) is not None

    def listed(self) -> Sequence[App]:
        """Every program, oldest first."""
        return tuple(self.by_client_id.values())

    def _draw(self, length: int) -> str:
        return "".join(self.random.choice(_ALPHABET) for _ in range(length))


def _only(wish: Mapping[str, Any], allowed: frozenset[str]) -> None:
    unknown = set(wish) - allowed
    if unknown:
        raise AppRefusedError(f"unknown: {', '.join(sorted(unknown))}")


def _read(wish: Mapping[str, Any], names: frozenset[str]) -> dict[str, Any]:
    """The fields of a registration by those names, checked."""
    return {name: _READERS[name](wish, name) for name in sorted(names)}


def _required(wish: Mapping[str, Any], name: str) -> str:
    value = _text(wish, name)
    if value is None:
        raise AppRefusedError(f"{name} is missing")
    return value


def _switch(wish: Mapping[str, Any], name: str) -> bool:
    value = wish.get(name)
    if not isinstance(value, bool):
        raise AppRefusedError(f"{name} is true or false")
    return value


def _redirect_uris(wish: Mapping[str, Any], name: str) -> tuple[str, ...]:
    uris = wish.get(name)
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


_READERS: Mapping[str, Callable[[Mapping[str, Any], str], Any]] = {
    "name": _required,
    "redirect_uris": _redirect_uris,
    "disconnect_url": _address,
    "workspace": _required,
    "production": _switch,
}
_FIELDS = frozenset(_READERS)
