"""The query language: `SELECT … FROM … WHERE … ORDERBY … STARTPOSITION … MAXRESULTS …`, read strictly. Pure."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from tieout.platforms.quickbooks.sandbox import refusals
from tieout.platforms.quickbooks.sandbox.gateway import faults

STATEMENT_CHARACTERS_MAX = 60_000
"""The longest statement that is read."""
DEFAULT_RESULTS, MAX_RESULTS = 100, 1_000
CONDITIONS_MAX = 100
_TOKEN = re.compile(
    r"""\s*(?:
        (?P<string>'(?:[^'\\]|\\.)*')
      | (?P<number>-?\d+(?:\.\d+)?)(?![\w.])
      | (?P<word>[A-Za-z_][A-Za-z0-9_.]*)
      | (?P<operator><=|>=|!=|<|>|=)
      | (?P<mark>[(),*;])
    )""",
    re.VERBOSE,
)
_OPERATORS = frozenset({"=", "<", ">", "<=", ">=", "LIKE"})
_UNDOCUMENTED = frozenset({"!=", "NOT LIKE"})
"""Operators that are only reported to work."""
_KINDS = {"word": "<IDENTIFIER>", "string": "<STRING>", "number": "<INTEGER>"}
_KEYWORDS = frozenset(
    {"select", "from", "where", "and", "in", "like", "orderby", "asc", "desc", "startposition", "maxresults", "true",
     "false"}
)  # fmt: skip
"""Words that no field can be called."""


@dataclass(frozen=True, slots=True)
class Condition:
    """One condition: a field, an operator (also `IN`, `LIKE`), and what it is compared with, as written."""

    field: str
    operator: str
    values: tuple[str | bool, ...]


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement. `fields` is empty for `*`; `extra` are fields asked for besides `*`."""

    entity: str
    count: bool = False
    everything: bool = False
    fields: tuple[str, ...] = ()
    conditions: tuple[Condition, ...] = ()
    order: tuple[tuple[str, bool], ...] = ()
    """Fields to sort by, each with whether it descends."""
    start: int = 1
    results: int = DEFAULT_RESULTS


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    line: int
    column: int

    @property
    def place(self) -> str:
        """Where it stands, as the parser says it."""
        return f"at line {self.line}, column {self.column}."


def read_statement(text: str, *, undocumented: bool = True) -> Statement:
    """Read a statement. Raises `Refusal` 4000 where it does not parse, 4001 where a page makes no sense.

    `undocumented`: whether `!=`, `NOT IN` and `NOT LIKE` are operators.
    """
    if not text.strip():
        raise faults.query_unparsed("The query provided was empty")
    if len(text) > STATEMENT_CHARACTERS_MAX:
        raise faults.query_unprocessed(f"the statement is longer than {STATEMENT_CHARACTERS_MAX} characters")
    return _Reader(_tokens(text), undocumented=undocumented).statement()


def _tokens(text: str) -> list[_Token]:
    found, place, end = [], 0, len(text.rstrip())
    while place < end:
        match = _TOKEN.match(text, place)
        if match is None or match.lastgroup is None:
            raise faults.query_unparsed(_unreadable(text, place))
        kind = match.lastgroup
        found.append(_Token(kind, match[kind], *_line_and_column(text, match.start(kind))))
        place = match.end()
    return [*found, _Token("end", "<EOF>", *_line_and_column(text, len(text) - 1))]


def _line_and_column(text: str, place: int) -> tuple[int, int]:
    """Both count from 1."""
    return text.count("\n", 0, place) + 1, place - text.rfind("\n", 0, place)


def _unreadable(text: str, place: int) -> str:
    """What cannot be read: a character, or the end inside a string."""
    start = len(text) - len(text[place:].lstrip())
    if text[start] == "'":
        line, column = _line_and_column(text, len(text) - 1)
        return f'Lexical error at line {line}, column {column}.  Encountered: <EOF> after : "{text[start:]}"'
    line, column = _line_and_column(text, start)
    seen = text[start]
    return f'Lexical error at line {line}, column {column}.  Encountered: "{seen}" ({ord(seen)}), after : ""'


class _Reader:
    """Reads tokens from left to right."""

    def __init__(self, tokens: Sequence[_Token], *, undocumented: bool) -> None:
        self._tokens = tokens
        self._undocumented = undocumented
        self._place = 0

    def statement(self) -> Statement:
        self._keyword("SELECT")
        count, everything, fields = self._selection()
        self._keyword("FROM")
        entity = self._word().text
        conditions = self._conditions() if self._skips("WHERE") else ()
        order = self._order()
        start, results = self._page()
        if self._peek().text == ";":
            self._next()
        if self._peek().kind != "end":
            raise self._refusal(self._peek())
        return Statement(entity, count, everything, fields, conditions, order, start, results)

    def _selection(self) -> tuple[bool, bool, tuple[str, ...]]:
        if self._peek().text.upper() == "COUNT" and self._tokens[self._place + 1].text == "(":
            for mark in ("COUNT", "(", "*", ")"):
                if self._peek().text.upper() != mark:
                    raise self._refusal(self._peek())
                self._next()
            return True, False, ()
        everything, fields = False, []
        while True:
            if self._peek().text == "*":
                self._next()
                everything = True
            else:
                fields.append(self._word().text)
            if self._peek().text != ",":
                return False, everything, tuple(fields)
            self._next()

    def _conditions(self) -> tuple[Condition, ...]:
        conditions = [self._condition()]
        while self._skips("AND"):
            conditions.append(self._condition())
            if len(conditions) > CONDITIONS_MAX:
                raise faults.query_unprocessed(f"more than {CONDITIONS_MAX} conditions")
        return tuple(conditions)

    def _condition(self) -> Condition:
        field = self._word().text
        token = self._next()
        operator = token.text.upper()
        if self._undocumented and operator == "NOT":
            token = self._next()
            operator = f"NOT {token.text.upper()}"
        if operator in ("IN", "NOT IN"):
            return Condition(field, operator, self._list())
        known = _OPERATORS | _UNDOCUMENTED if self._undocumented else _OPERATORS
        if operator not in known:
            raise self._refusal(token)
        return Condition(field, operator, (self._value(),))

    def _list(self) -> tuple[str | bool, ...]:
        self._mark("(")
        values = [self._value()]
        while self._peek().text == ",":
            self._next()
            values.append(self._value())
        self._mark(")")
        return tuple(values)

    def _value(self) -> str | bool:
        token = self._next()
        if token.kind == "string":
            return re.sub(r"\\(.)", r"\1", token.text[1:-1])
        if token.kind == "number":
            return token.text
        if token.text.lower() in ("true", "false"):
            return token.text.lower() == "true"
        raise self._refusal(token)

    def _order(self) -> tuple[tuple[str, bool], ...]:
        if self._skips("ORDERBY"):
            pass
        elif self._peek().text.upper() == "ORDER":
            self._next()
            self._keyword("BY")
        else:
            return ()
        order = [self._sort()]
        while self._peek().text == ",":
            self._next()
            order.append(self._sort())
        return tuple(order)

    def _sort(self) -> tuple[str, bool]:
        field = self._word().text
        if self._skips("DESC"):
            return field, True
        self._skips("ASC")
        return field, False

    def _page(self) -> tuple[int, int]:
        """STARTPOSITION and MAXRESULTS, in either order."""
        start, results = 1, DEFAULT_RESULTS
        for _ in range(2):
            if self._skips("STARTPOSITION"):
                start = self._figure(1, None)
            elif self._skips("MAXRESULTS"):
                results = self._figure(1, MAX_RESULTS)
        return start, results

    def _figure(self, least: int, most: int | None) -> int:
        token = self._next()
        if token.kind != "number" or not re.fullmatch(r"-?\d{1,9}", token.text):
            raise self._refusal(token)
        value = int(token.text)
        if value < least:
            raise faults.query_invalid(f"value {value} is too small. Min allowed value is {least}")
        if most is not None and value > most:
            raise faults.query_invalid(f"value {value} is too large. Max allowed value is {most}")
        return value

    def _peek(self) -> _Token:
        return self._tokens[self._place]

    def _next(self) -> _Token:
        token = self._tokens[self._place]
        if token.kind == "end":
            raise self._refusal(token)
        self._place += 1
        return token

    def _word(self) -> _Token:
        token = self._next()
        if token.kind != "word" or token.text.lower() in _KEYWORDS:
            raise self._refusal(token)
        return token

    def _mark(self, text: str) -> None:
        token = self._next()
        if token.text != text:
            raise self._refusal(token)

    def _keyword(self, text: str) -> None:
        token = self._next()
        if token.text.upper() != text:
            raise self._refusal(token)

    def _skips(self, keyword: str) -> bool:
        """Whether the keyword comes next; it is then read."""
        if self._peek().kind == "word" and self._peek().text.upper() == keyword:
            self._place += 1
            return True
        return False

    def _refusal(self, token: _Token) -> refusals.Refusal:
        if token.kind == "end":
            seen = '"<EOF>"'
        elif token.kind in _KINDS and token.text.lower() not in _KEYWORDS:
            seen = f'" {_KINDS[token.kind]} "{token.text} ""'
        else:
            seen = f'" "{token.text.lower()}" "{token.text} ""'
        return faults.query_unparsed(f"Encountered {seen} {token.place}")
