"""Everything by which the simulated platforms say no, read from their source, as the answers that a client gets."""

import ast
import importlib
import inspect
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType
from typing import Any, Final

from starlette.responses import Response
from tests.contract.error_texts import UNKNOWN, words

from tieout.platforms import quickbooks, xero
from tieout.platforms.port import Answer
from tieout.platforms.quickbooks.sandbox import refusals
from tieout.platforms.quickbooks.sandbox.gateway import faults
from tieout.platforms.quickbooks.sandbox.gateway.dialect import fault_response
from tieout.platforms.quickbooks.sandbox.refusals import Refusal
from tieout.platforms.xero.sandbox.gateway import dialects

AT: Final = datetime(2026, 11, 23, tzinfo=UTC)
_SAMPLES: Final[Mapping[str, tuple[Any, ...]]] = {
    "condition": ("admin_removed", "wrong_cluster", "locked_out", "maintenance"),
    "status": (500, 503),
}
"""Arguments that must be real ones."""


def modules_of(package: ModuleType) -> Iterator[tuple[ast.Module, dict[str, Any]]]:
    """The modules of a platform's simulator: their source, and what their names stand for."""
    folder = Path(package.__path__[0])
    for path in sorted((folder / "sandbox").rglob("*.py")):
        name = ".".join((package.__name__, *path.relative_to(folder).with_suffix("").parts))
        if not name.endswith("__init__"):
            yield ast.parse(path.read_text()), vars(importlib.import_module(name))


def quickbooks_answers() -> Iterator[tuple[str, Answer]]:
    """Every fault of the simulated QuickBooks, with who says it: each kind, and each broken rule in its own words."""
    for module in (refusals, faults):
        for name, make in vars(module).items():
            if inspect.isfunction(make) and make.__module__ == module.__name__ and not name.startswith("_"):
                yield from ((name, _answer(refusal)) for refusal in _made(make))
    for tree, known in modules_of(quickbooks):
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and _name(node) == "business" and "business" not in known:
                detail = words(node.args[0], known).replace(UNKNOWN, "7")
                yield f"business: {detail}", _answer(refusals.business(detail))


def _made(make: Any) -> Iterator[Refusal]:
    parameters = inspect.signature(make).parameters.values()
    wanted = [each for each in parameters if each.default is inspect.Parameter.empty]
    choices = next((_SAMPLES[each.name] for each in wanted if each.name in _SAMPLES), (None,))
    for choice in choices:
        made = make(*(choice if each.name in _SAMPLES else _sample(each) for each in wanted))
        if isinstance(made, Refusal):
            yield made


def _sample(parameter: inspect.Parameter) -> Any:
    return {int: 7, list[str]: ["Id"], NotImplementedError: NotImplementedError("x")}.get(parameter.annotation, "7")


def _answer(refusal: Refusal) -> Answer:
    response = fault_response(refusal, as_json=True, now=AT, tid="1-aa-bb")
    return Answer(status=response.status_code, headers=dict(response.headers), body=bytes(response.body))


_SAYING: Final = {"InvalidError": 0, "check_only_deletes": 3}
"""What refuses an element, and which of its arguments are the first words."""


def xero_answers() -> Iterator[tuple[str, Answer]]:
    """The other ways in which the simulated Xero says no."""
    limits = ("concurrent", "minute", "appminute", "day")
    told: list[tuple[str, Response]] = [
        ("expired", dialects.token_refusal(AT, "id")),
        ("no token", dialects.token_refusal(None, "id")),
        ("scope", dialects.scope_refusal("id")),
        ("tenant", dialects.tenant_refusal("id", {})),
        ("not found", dialects.not_found({})),
        ("offline", dialects.unavailable(dialects.OFFLINE, {})),
        ("unavailable", dialects.unavailable(dialects.UNAVAILABLE, {})),
        ("failure", dialects.unavailable("", {}, 500)),
        ("not simulated", dialects.not_simulated("x")),
        ("key", dialects.key_refused("Idempotency Key: k is used with a different request.")),
        ("in flight", dialects.in_flight()),
        ("query", dialects.query_refused("x").response),
        ("body", dialects.post_data_refused("x").response),
        *((limit, dialects.too_many({"X-Rate-Limit-Problem": limit})) for limit in limits),
    ]
    for who, response in told:
        headers = {name.lower(): value for name, value in response.headers.items()}
        yield who, Answer(status=response.status_code, headers=headers, body=bytes(response.body))


def xero_messages() -> Iterator[str]:
    """The words of every refusal of an element in the simulated Xero."""
    for tree, known in modules_of(xero):
        for function in (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)):
            for node in ast.walk(function):
                if isinstance(node, ast.Call) and _name(node) in _SAYING:
                    for argument in node.args[_SAYING[_name(node)] :]:
                        yield from _said(argument, known, function)


def _said(node: ast.expr, known: Mapping[str, Any], function: ast.FunctionDef) -> Iterator[str]:
    """What an argument says: a text, one of two, or what was put together under a name before."""
    match node:
        case ast.IfExp():
            yield from _said(node.body, known, function)
            yield from _said(node.orelse, known, function)
        case ast.List(elts=elements):
            for element in elements:
                yield from _said(element, known, function)
        case ast.Starred():
            yield from _said(node.value, known, function)
        case ast.Call(func=ast.Attribute(attr="format" | "fromkeys", value=value)):
            yield from _said(value if node.func.attr == "format" else node.args[0], known, function)  # type: ignore[attr-defined]  # matched above
        case ast.Call(func=ast.Name(id=name)) if inspect.isfunction(known.get(name)):
            yield known[name]("7")
        case ast.Name(id=name) if name not in known:
            yield from _put_together(name, known, function)
        case _:
            said = words(node, known).replace(UNKNOWN, "7")
            yield from () if said == "7" else (said,)


def _put_together(name: str, known: Mapping[str, Any], function: ast.FunctionDef) -> Iterator[str]:
    for node in ast.walk(function):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "append":
            if isinstance(node.func.value, ast.Name) and node.func.value.id == name:
                yield from _said(node.args[0], known, function)
        elif isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == name:
            yield from _said(node.value, known, function)
        elif isinstance(node, ast.For) and isinstance(node.target, ast.Tuple):
            texts = (str(part.value) for part in ast.walk(node.iter) if isinstance(part, ast.Constant))
            yield from (text for text in texts if " " in text)


def _name(call: ast.Call) -> str:
    return call.func.id if isinstance(call.func, ast.Name) else getattr(call.func, "attr", "")
