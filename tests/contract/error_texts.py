"""Every text by which a refusal is explained, read from the source where it is written: one place for each.

An explanation is a call of `Explanation`, or of one of the few functions that make one. Values that only the moment
knows stand as an ellipsis.
"""

import ast
import importlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

import tieout
from tieout.sync.needs import NEEDED_TYPES

SOURCE: Final = Path(tieout.__path__[0])
ROOMS: Final = ("platforms", "sync")
UNKNOWN: Final = "…"
_ARGUMENTS: Final = ("code", "message", "fix", "field")
_FIRST: Final = {"Explanation": 0, "Rule": 1, "known": 1, "refused": 0}
"""What makes an explanation, and which of its arguments is the code."""
_PASSED_ON: Final = {
    ("platforms/quickbooks/errors.py", "rule.code"),
    ("platforms/quickbooks/errors.py", "changed.code"),
    ("platforms/quickbooks/errors.py", "table.REQUEST.code"),
    ("platforms/quickbooks/resolving.py", "table.GONE.code"),
    ("platforms/xero/refusing.py", "code"),
    ("platforms/xero/knowing.py", "code"),
    ("sync/mapping.py", "code"),
}
"""Calls that make an explanation of one that is written elsewhere."""
_EXPANDED: Final[Mapping[str, tuple[str, ...]]] = {
    "…_refused": NEEDED_TYPES,
    "…_not_in_books": NEEDED_TYPES,
}
"""Codes that name a kind of thing, and which there are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorText:
    """One explanation. `platform` is None for what is said of all books; `raised_as` the refusal around it, if any."""

    code: str
    message: str
    fix: str
    field: str | None
    platform: str | None
    raised_as: str
    path: str


@cache
def error_texts() -> list[ErrorText]:
    """All of them, in the order of the modules. Raises ValueError for one whose code cannot be read."""
    return [text for path in _modules() for text in _texts_of(path)]


def _modules() -> Iterator[Path]:
    for room in ROOMS:
        yield from (path for path in sorted((SOURCE / room).rglob("*.py")) if "sandbox" not in path.parts)


def _texts_of(path: Path) -> Iterator[ErrorText]:
    where = path.relative_to(SOURCE).as_posix()
    if not any(f"{name}(" in path.read_text() for name in _FIRST):
        return
    known = vars(importlib.import_module("tieout." + where.removesuffix(".py").replace("/", ".")))
    tree = ast.parse(path.read_text())
    around = {child: node for node in ast.walk(tree) for child in ast.iter_child_nodes(node)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and _name(node) in _FIRST and (told := _told(node)):
            yield from _written(where, told, known, _raised_as(node, around))


def _written(where: str, told: Mapping[str, ast.expr], known: Mapping[str, Any], raised_as: str) -> Iterator[ErrorText]:
    if (where, ast.unparse(told["code"])) in _PASSED_ON:
        return
    code = words(told["code"], known)
    names = _EXPANDED.get(code, ("",)) if UNKNOWN in code else ("",)
    if UNKNOWN in code and code not in _EXPANDED:
        raise ValueError(f"{where}: the code {ast.unparse(told['code'])} is not known before the moment")
    folder = where.split("/")
    platform = folder[1] if folder[0] == "platforms" and len(folder) > 2 else None
    if raised_as == "" and _name_of_rule(told):
        raised_as = _name_of_rule(told)
    for name in names:
        yield ErrorText(
            code=code.replace(UNKNOWN, name),
            message=words(told["message"], known),
            fix=words(told["fix"], known),
            field=words(told["field"], known) if "field" in told and not _is_none(told["field"]) else None,
            platform=platform,
            raised_as=raised_as,
            path=where,
        )


def _name(call: ast.Call) -> str:
    return call.func.id if isinstance(call.func, ast.Name) else ""


def _told(call: ast.Call) -> dict[str, ast.expr]:
    """The arguments by name; nothing for a call that passes an explanation on, as `refused(RULE)` does."""
    first = _FIRST[_name(call)]
    told = dict(zip(_ARGUMENTS, call.args[first:], strict=False))
    told |= {word.arg: word.value for word in call.keywords if word.arg in _ARGUMENTS}
    if first and call.args:
        told["refusal"] = call.args[0]
    return told if {"code", "message", "fix"} <= told.keys() else {}


def _name_of_rule(told: Mapping[str, ast.expr]) -> str:
    refusal = told.get("refusal")
    return refusal.id if isinstance(refusal, ast.Name) else ""


def _raised_as(node: ast.AST, around: Mapping[ast.AST, ast.AST]) -> str:
    """The class whose argument the explanation is."""
    outer = around.get(node)
    return _name(outer) if isinstance(outer, ast.Call) else ""


def _is_none(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


def words(node: ast.expr, known: Mapping[str, Any]) -> str:
    """What an expression comes to, with an ellipsis for what only the moment knows."""
    match node:
        case ast.JoinedStr(values=parts):
            return "".join(words(part, known) for part in parts)
        case ast.FormattedValue(value=value) | ast.Call(func=ast.Name(id="str"), args=[value]):
            return words(value, known)
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            return words(left, known) + words(right, known)
        case ast.Call(func=ast.Attribute(attr="get"), args=[_, default]):
            return words(default, known) or UNKNOWN
        case ast.Call(func=ast.Name(id="_told"), args=[beginning, *_]):
            return f"{words(beginning, known)} {UNKNOWN}"
    return _known(node, known)


def _known(node: ast.expr, known: Mapping[str, Any]) -> str:
    try:
        return str(eval(compile(ast.Expression(node), "<source>", "eval"), dict(known)))  # noqa: S307 - our own source
    except Exception:  # noqa: BLE001 - what cannot be known yet, for whatever reason
        return UNKNOWN
