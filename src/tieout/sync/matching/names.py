"""Names as they are compared: without case, accents and punctuation, and told apart from their legal form. Pure."""

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from rapidfuzz import fuzz

LIKENESS_MIN: Final = 88
"""Names that are less alike (percent) are not proposed: below it most pairs are of different people (docs/adr/0015)."""
LIKENESS_OF_PART: Final = 88
"""How alike a name is to one that has all of its words, two at least, and more."""
_OTHER_FORM: Final = 8
"""What another legal form takes off: `Acme Ltd` and `Acme Inc` may be sisters."""
_REMEMBERED_MAX: Final = 40_000
"""Names whose parts are kept: those of one company and its partner, of ordinary size."""

_ACCENTS = re.compile("[\u0300-\u036f]")
"""Marks that Latin, Greek and Cyrillic letters bear; those of other scripts are letters of their own."""
_ASCII_WORDS = re.compile("[a-z0-9]+")
_LETTERS_APART = re.compile(r"\b(\w)(?: (\w)\b)+")
_FILLERS: Final = frozenset(("and", "the", "und", "et", "y", "e"))
_FORMS: Final = {
    **dict.fromkeys(("limited", "ltd", "ltda", "limitada"), "limited"),
    **dict.fromkeys(("incorporated", "inc"), "incorporated"),
    **dict.fromkeys(("corporation", "corp"), "corporation"),
    **dict.fromkeys(("company", "co", "cie"), "company"),
    **dict.fromkeys(("proprietary", "pty", "pte"), "private"),
    **{
        word: word
        for line in (
            "llc llp lp plc gmbh mbh ag kg kgaa ug ohg gbr ev eg bv nv vof cv sa sarl sas sasu sca srl spa",
            "sl slu sll oy oyj ab as asa aps oü ou sia uab kft zrt bt doo ood ead sro kk gk bhd sdn plt trust",
        )
        for word in line.split()
    },
}
"""Words that say under which law somebody trades, each in one spelling."""


@dataclass(frozen=True, slots=True)
class Name:
    """A name taken apart: `words` without legal forms and fillers, `text` the same in the alphabet's order."""

    plain: str
    words: tuple[str, ...]
    text: str
    figures: tuple[str, ...]
    forms: frozenset[str]


@lru_cache(maxsize=_REMEMBERED_MAX)
def normalized(text: str | None) -> str | None:
    """A name without case, accents, punctuation and surplus spaces; None for nothing."""
    if not text:
        return None
    if text.isascii():
        return " ".join(_ASCII_WORDS.findall(text.lower())) or None
    plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    words = "".join(sign if _is_of_a_word(sign) else " " for sign in _ACCENTS.sub("", plain))
    return " ".join(words.split()) or None


def _is_of_a_word(sign: str) -> bool:
    """Letters, digits, and the vowel signs and marks without which other scripts' words would be the same."""
    return unicodedata.category(sign)[0] in "LNM"


def squeezed(text: str | None) -> str | None:
    """The same without any space: for codes and numbers."""
    plain = normalized(text)
    return plain.replace(" ", "") if plain else None


@lru_cache(maxsize=_REMEMBERED_MAX)
def name_of(text: str) -> Name | None:
    """The parts of a name; None for one without letters and digits."""
    plain = normalized(text)
    if plain is None:
        return None
    joined = _LETTERS_APART.sub(lambda found: found.group(0).replace(" ", ""), plain).split()
    words = [word for word in joined if word not in _FORMS and word not in _FILLERS] or joined
    return Name(
        plain=plain,
        words=tuple(words),
        text=" ".join(sorted(words)),
        figures=tuple(sorted(word for word in words if any(sign.isdigit() for sign in word))),
        forms=frozenset(_FORMS[word] for word in joined if word in _FORMS),
    )


def likeness(one: Name, other: Name) -> int:
    """How alike two names are, in percent; 0 below `LIKENESS_MIN`. Figures must agree: `Unit 1` is not `Unit 2`."""
    if one.figures != other.figures:
        return 0
    found = int(fuzz.ratio(one.text, other.text, score_cutoff=LIKENESS_MIN))
    if not found and _is_part(one, other):
        found = LIKENESS_OF_PART
    if one.forms and other.forms and one.forms != other.forms:
        found -= _OTHER_FORM
    return found if found >= LIKENESS_MIN else 0


def _is_part(one: Name, other: Name) -> bool:
    few, many = sorted((set(one.words), set(other.words)), key=len)
    return len(few) >= 2 and few < many  # noqa: PLR2004 - a single word is shared by many
