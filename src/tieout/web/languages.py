"""Which of several languages a browser wants (RFC 9110, 12.5.4), by the lookup of RFC 4647, 3.4."""

from collections.abc import Iterable
from typing import Final

HEADER_CHARACTERS_MAX: Final = 200
_QUALITY_MAX: Final = 1.0


def wanted_languages(header: str) -> tuple[str, ...]:
    """The language tags of an `Accept-Language` header, the dearest first; what cannot be read is left out."""
    found: list[tuple[float, str]] = []
    for part in header[:HEADER_CHARACTERS_MAX].split(","):
        tag, _, parameter = part.partition(";")
        quality = _quality(parameter.strip())
        if tag.strip() and quality > 0:
            found.append((quality, tag.strip().lower()))
    return tuple(tag for _, tag in sorted(found, key=lambda pair: -pair[0]))


def _quality(parameter: str) -> float:
    if not parameter:
        return _QUALITY_MAX
    name, _, value = parameter.partition("=")
    try:
        return min(float(value), _QUALITY_MAX) if name.strip().lower() == "q" else 0.0
    except ValueError:
        return 0.0


def chosen_language(offered: Iterable[str], wanted: Iterable[str]) -> str | None:
    """The first wanted language that is offered, as it is offered: `de-CH` takes `de`, never the other way round."""
    by_tag = {tag.lower(): tag for tag in offered}
    for tag in wanted:
        words = tag.split("-")
        while words:
            if (found := by_tag.get("-".join(words))) is not None:
                return found
            words.pop()
    return None
