"""Rules of a simulated platform that a test or a person may switch, at `/_sandbox/rules`.

A platform gives a table of rules by name; `GET` tells them, `POST {name: value}` changes some. All that is asked for is
done, or nothing.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from tieout.sandbox.control.refusing import ControlRefusedError, Endpoint, answering, read_wish
from tieout.sandbox.wire import control_json

COUNT_MAX = 1_000_000_000

Read = Callable[[Any, str], Any]
"""Takes a value and its rule's name, answers what the rule is set to; raises `ControlRefusedError`."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule: how it is read from a wish, how it stands, how it is set."""

    read: Read
    get: Callable[[], Any]
    set: Callable[[Any], None]


def rules_endpoint(rules: Mapping[str, Rule]) -> Endpoint:
    """The endpoint: read the rules, or change some of them."""

    async def endpoint(request: Request) -> Response:
        if request.method == "POST":
            _change(rules, await read_wish(request))
        return control_json({name: rule.get() for name, rule in rules.items()})

    return answering(endpoint)


def _change(rules: Mapping[str, Rule], wish: Mapping[str, Any]) -> None:
    unknown = set(wish) - set(rules)
    if unknown:
        raise ControlRefusedError(422, f"unknown: {', '.join(sorted(unknown))}")
    wanted = {name: rules[name].read(value, name) for name, value in wish.items()}
    for name, value in wanted.items():
        rules[name].set(value)


def rule_of(owner: object, name: str, read: Read) -> Rule:
    """A rule that is a field of something."""
    return Rule(read, lambda: getattr(owner, name), lambda value: setattr(owner, name, value))


def rules_of_fields(switches: Any) -> dict[str, Rule]:
    """Every field of a dataclass of switches and whole numbers, by its name."""
    readers: dict[Any, Read] = {bool: read_switch, int: read_whole()}
    return {one.name: rule_of(switches, one.name, readers[one.type]) for one in fields(switches)}


def read_switch(value: Any, name: str) -> bool:
    """True or false."""
    if not isinstance(value, bool):
        raise ControlRefusedError(422, f"{name} is true or false")
    return value


def read_whole(least: int = 0, most: int = COUNT_MAX) -> Read:
    """A reader of whole numbers within bounds; digits as text are taken, too, for that is how they are told."""

    def read(value: Any, name: str) -> int:
        if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= len(str(most)):
            value = int(value)
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            raise ControlRefusedError(422, f"{name} is a whole number from {least} to {most}")
        return value

    return read


def read_whole_or_none(value: Any, name: str) -> int | None:
    """A whole number, or null for none."""
    return None if value is None else int(read_whole()(value, name))


def read_choice(*choices: str) -> Read:
    """A reader of one of some words."""

    def read(value: Any, name: str) -> str:
        if value not in choices:
            raise ControlRefusedError(422, f"{name} is one of {', '.join(choices)}")
        return str(value)

    return read


def read_texts(value: Any, name: str) -> list[str]:
    """A list of texts."""
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise ControlRefusedError(422, f"{name} is a list of texts")
    return value
