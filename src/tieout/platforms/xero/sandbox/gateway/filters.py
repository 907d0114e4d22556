"""The `where` and `order` parameters: a C#-like expression over the properties of a record.

`Status=="AUTHORISED" AND Contact.ContactID==guid("…")`, `Date >= DateTime(2026, 01, 31)`,
`Name.ToLower().Contains("x")`, `Reference!=null`. Strings compare without case (recorded). What does not parse, names
no property or compares what cannot be compared is refused with 400 `QueryParseException`, and so is a method on a
property that is null in some record: guard it with `!=null`. Source: requests page, filters.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from tieout.platforms.xero.sandbox.gateway.dialects import query_refused
from tieout.platforms.xero.sandbox.ids import is_uuid

EXPRESSION_CHARACTERS_MAX = 8_000
NESTING_MAX = 50
"""How deep parentheses may go."""


class Kind(StrEnum):
    """The types that a property can have, by the names that Xero's errors use."""

    TEXT = "String"
    NUMBER = "Decimal"
    DATE = "DateTime"
    GUID = "Guid"
    FLAG = "Boolean"


@dataclass(frozen=True, slots=True)
class Field:
    """A property that can be filtered and ordered by; `read` takes it from a record, None for null."""

    kind: Kind
    read: Callable[[Any], Any]


Fields = Mapping[str, Field]
"""By path in lower case, such as `contact.contactid`."""
Test = Callable[[Any], bool]


@dataclass(frozen=True, slots=True)
class Filter:
    """A compiled filter: its test, and what it asks about.

    `paths`: the properties it reads, with `()` behind those it calls methods of; `alternatives`: those that an `or` is
    about; `equals`: those that have to equal a text or an id in every row it lets pass, with that value in lower case.
    """

    test: Test
    paths: frozenset[str]
    alternatives: frozenset[str]
    equals: Mapping[str, str]


_TOKEN = re.compile(
    r"""\s*(?:
    (?P<text>"(?:[^"\\]|\\.)*") | (?P<number>-?\d+(?:\.\d+)?)[mMdD]? | (?P<name>[A-Za-z_][A-Za-z0-9_]*)
    | (?P<sign>==|!=|<>|>=|<=|&&|\|\||[=<>!().,])
    )""",
    re.VERBOSE,
)


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class _Operand:
    """A value or a property, with its type; `kind` is None for null."""

    kind: Kind | None
    read: Callable[[Any], Any]
    path: str = ""
    """The property, empty for a value."""
    value: str | None = None
    """The text or id that it is, if it is one."""


def parse_where(expression: str, fields: Fields, type_name: str) -> Filter:
    """Compile a filter. Raises the refusal."""
    if len(expression) > EXPRESSION_CHARACTERS_MAX:
        raise query_refused("The expression is too long")
    return _Parser(_tokens(expression), fields, type_name).whole()


def parse_order(expression: str, fields: Fields, type_name: str) -> Sequence[tuple[Field, bool]]:
    """The properties to order by, each with whether it descends."""
    result = []
    for part in expression.split(","):
        words = part.split()
        direction = words[1].lower() if len(words) == 2 else "asc"  # noqa: PLR2004 - a property and a direction
        if not words or len(words) > 2 or direction not in {"asc", "desc", "ascending", "descending"}:  # noqa: PLR2004 - likewise
            raise query_refused(f"Syntax error in the order '{expression}'")
        result.append((_field(words[0], fields, type_name), direction.startswith("desc")))
    return result


def sort_key(value: Any) -> tuple[bool, Any]:
    """Nulls first, text without case."""
    if value is None:
        return (False, 0)
    return (True, value.lower() if isinstance(value, str) else value)


def _field(path: str, fields: Fields, type_name: str) -> Field:
    field = fields.get(path.lower())
    if field is None:
        raise query_refused(f"No property or field '{path}' exists in type '{type_name}'")
    return field


def _tokens(expression: str) -> list[_Token]:
    tokens: list[_Token] = []
    place = 0
    while place < len(expression.rstrip()):
        match = _TOKEN.match(expression, place)
        if match is None or match.lastgroup is None:
            raise query_refused(f"Syntax error '{expression[place:].strip()[:1]}' (at index {place})")
        tokens.append(_Token(match.lastgroup, match[match.lastgroup]))
        place = match.end()
    return tokens


class _Parser:
    """Recursive descent: or, and, not, comparison, operand."""

    def __init__(self, tokens: list[_Token], fields: Fields, type_name: str) -> None:
        self.tokens = tokens
        self.place = 0
        self.depth = 0
        self.fields = fields
        self.type_name = type_name
        self.paths: list[str] = []
        self.alternatives: set[str] = set()
        self.equals: dict[str, str] = {}

    def whole(self) -> Filter:
        test = self.any_of()
        if self.place != len(self.tokens):
            raise query_refused(f"Syntax error near '{self.tokens[self.place].text}'")
        return Filter(test, frozenset(self.paths), frozenset(self.alternatives), self.equals)

    def any_of(self) -> Test:
        first, known = len(self.paths), dict(self.equals)
        tests = [self.all_of()]
        while self.take("||") or self.take_word("or"):
            tests.append(self.all_of())
        if len(tests) == 1:
            return tests[0]
        self.alternatives.update(self.paths[first:])
        self.equals = known
        return lambda row: any(test(row) for test in tests)

    def all_of(self) -> Test:
        tests = [self.negation()]
        while self.take("&&") or self.take_word("and"):
            tests.append(self.negation())
        return tests[0] if len(tests) == 1 else lambda row: all(test(row) for test in tests)

    def negation(self) -> Test:
        if self.take("!") or self.take_word("not"):
            known = dict(self.equals)
            test = self.negation()
            self.equals = known
            return lambda row: not test(row)
        if self.take("("):
            self.depth += 1
            if self.depth > NESTING_MAX:
                raise query_refused("The expression is nested too deeply")
            test = self.any_of()
            self.expect(")")
            self.depth -= 1
            return test
        return self.comparison()

    def comparison(self) -> Test:
        left = self.operand()
        for sign in ("==", "=", "!=", "<>", ">=", "<=", ">", "<"):
            if self.take(sign):
                return self.compare(left, {"=": "==", "<>": "!="}.get(sign, sign), self.operand())
        if left.kind is not Kind.FLAG:
            raise query_refused("Expression of type 'Boolean' expected")
        return lambda row: bool(left.read(row))

    def compare(self, left: _Operand, sign: str, right: _Operand) -> Test:
        kinds = {left.kind, right.kind} - {None}
        if len(kinds) > 1 or (sign not in {"==", "!="} and kinds & {Kind.FLAG, Kind.GUID}):
            shown = [kind.value if kind else "null" for kind in (left.kind, right.kind)]
            raise query_refused(f"Operator '{sign}' incompatible with operand types '{shown[0]}' and '{shown[1]}'")
        checks: dict[str, Callable[[Any, Any], bool]] = {
            "==": lambda a, b: a == b,
            "!=": lambda a, b: a != b,
            ">": lambda a, b: a is not None and b is not None and a > b,
            "<": lambda a, b: a is not None and b is not None and a < b,
            ">=": lambda a, b: a is not None and b is not None and a >= b,
            "<=": lambda a, b: a is not None and b is not None and a <= b,
        }
        check, read_left, read_right = checks[sign], left.read, right.read
        for one, other in ((left, right), (right, left)):
            if sign == "==" and one.path and other.value is not None:
                self.equals[one.path] = other.value.lower()
        if left.path and right.value is not None:
            value = right.value.lower()
            return lambda row: check(_comparable(read_left(row)), value)
        return lambda row: check(_comparable(read_left(row)), _comparable(read_right(row)))

    def operand(self) -> _Operand:
        token = self.next()
        if token.kind == "text":
            text = re.sub(r"\\(.)", r"\1", token.text[1:-1])
            return self.methods(_Operand(Kind.TEXT, lambda _row: text, value=text))
        if token.kind == "number":
            number = Decimal(token.text)
            return _Operand(Kind.NUMBER, lambda _row: number)
        if token.kind != "name":
            raise query_refused(f"Syntax error near '{token.text}'")
        return self.named(token.text)

    def named(self, name: str) -> _Operand:
        """A keyword, a constructor, or a property with dots."""
        word = name.lower()
        if word in {"true", "false"}:
            return _Operand(Kind.FLAG, lambda _row: word == "true")
        if word == "null":
            return _Operand(None, lambda _row: None)
        if word == "guid" and self.peek("("):
            return self.guid()
        if word == "datetime":
            return self.moment()
        path = name
        while self.peek(".") and f"{path}.{self.after_dot()}".lower() in _prefixes(self.fields):
            self.expect(".")
            path = f"{path}.{self.next().text}"
        field = _field(path, self.fields, self.type_name)
        self.paths.append(path.lower())
        return self.methods(_Operand(field.kind, field.read, path.lower()))

    def methods(self, operand: _Operand) -> _Operand:
        """`.ToLower()`, `.Contains("x")` and their like; `.Value` and `.HasValue` of what may be null."""
        while self.take("."):
            name = self.next().text
            word = name.lower()
            if word == "value" and not self.peek("("):
                continue
            if word == "hasvalue" and not self.peek("("):
                operand = _Operand(Kind.FLAG, _has_value(operand.read))
                continue
            self.expect("(")
            operand = self.called(operand, name)
        return operand

    def called(self, operand: _Operand, name: str) -> _Operand:
        word = name.lower()
        if operand.kind is not Kind.TEXT or word not in {*_CASES, *_TESTS}:
            shown = operand.kind.value if operand.kind else "null"
            raise query_refused(f"No applicable method '{name}' exists in type '{shown}'")
        read, path = operand.read, operand.path
        if word in _CASES:
            self.expect(")")
            return _Operand(Kind.TEXT, lambda row: _CASES[word](_guarded(read(row), path, name)), path)
        argument = self.operand()
        self.expect(")")
        if argument.kind is not Kind.TEXT:
            raise query_refused(f"No applicable method '{name}' exists in type 'String'")
        test, sought = _TESTS[word], argument.read
        return _Operand(Kind.FLAG, lambda row: test(_guarded(read(row), path, name).lower(), str(sought(row)).lower()))

    def guid(self) -> _Operand:
        self.expect("(")
        token = self.next()
        self.expect(")")
        value = token.text[1:-1].lower() if token.kind == "text" else ""
        if not is_uuid(value):
            raise query_refused("Guid should contain 32 digits with 4 dashes (xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx).")
        return _Operand(Kind.GUID, lambda _row: value, value=value)

    def moment(self) -> _Operand:
        """`DateTime(2026, 1, 31[, 12, 0, 0])` or `DateTime.Parse("2026-01-31")`."""
        if self.take("."):
            if self.next().text.lower() != "parse":
                raise query_refused("Only DateTime.Parse is known")
            self.expect("(")
            token = self.next()
            self.expect(")")
            try:
                at = datetime.fromisoformat(token.text[1:-1])
            except ValueError:
                raise query_refused("String was not recognized as a valid DateTime.") from None
        else:
            at = self.constructed()
        at = at if at.tzinfo else at.replace(tzinfo=UTC)
        return _Operand(Kind.DATE, lambda _row: at)

    def constructed(self) -> datetime:
        self.expect("(")
        parts: list[int] = []
        while True:
            token = self.next()
            if token.kind != "number" or not token.text.isdigit():
                raise query_refused("DateTime takes whole numbers")
            parts.append(int(token.text))
            if not self.take(","):
                break
        self.expect(")")
        if len(parts) not in {3, 6}:
            raise query_refused("No applicable constructor exists in type 'DateTime'")
        try:
            return datetime(*parts, tzinfo=UTC)  # type: ignore[misc,arg-type] # three or six parts, checked above
        except (ValueError, OverflowError):
            raise query_refused("Year, Month, and Day parameters describe an un-representable DateTime.") from None

    def next(self) -> _Token:
        if self.place >= len(self.tokens):
            raise query_refused("Expression expected")
        self.place += 1
        return self.tokens[self.place - 1]

    def peek(self, text: str) -> bool:
        return self.place < len(self.tokens) and self.tokens[self.place] == _Token("sign", text)

    def after_dot(self) -> str:
        return self.tokens[self.place + 1].text if self.place + 1 < len(self.tokens) else ""

    def take(self, text: str) -> bool:
        if self.peek(text):
            self.place += 1
            return True
        return False

    def take_word(self, word: str) -> bool:
        if self.place < len(self.tokens) and self.tokens[self.place].kind == "name":
            taken = self.tokens[self.place].text.lower() == word
            self.place += taken
            return taken
        return False

    def expect(self, text: str) -> None:
        if not self.take(text):
            raise query_refused(f"'{text}' expected")


_CASES: Mapping[str, Callable[[str], str]] = {"tolower": str.lower, "toupper": str.upper, "trim": str.strip}
_TESTS: Mapping[str, Callable[[str, str], bool]] = {
    "contains": lambda text, part: part in text,
    "startswith": str.startswith,
    "endswith": str.endswith,
    "equals": str.__eq__,
}


def _prefixes(fields: Fields) -> frozenset[str]:
    """Every path, and every beginning of one."""
    return frozenset(
        ".".join(parts[: length + 1]) for path in fields for parts in [path.split(".")] for length in range(len(parts))
    )


def _has_value(read: Callable[[Any], Any]) -> Callable[[Any], bool]:
    return lambda row: read(row) is not None


def _guarded(value: Any, path: str, method: str) -> str:
    if value is None:
        raise query_refused(f"Object reference not set to an instance of an object: {path}.{method}")
    return str(value)


def _comparable(value: Any) -> Any:
    """Text without case, and a calendar date as midnight UTC."""
    if isinstance(value, str):
        return value.lower()
    if isinstance(value, date) and not isinstance(value, datetime):
        return datetime(value.year, value.month, value.day, tzinfo=UTC)
    return value
