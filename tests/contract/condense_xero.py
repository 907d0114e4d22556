"""Condenses Xero's OpenAPI documents to facts: paths with their parameters and answers, fields with their types.

    TIEOUT_REFERENCE_DIR=… python -m tests.contract.condense_xero

It writes `tests/contract/facts/xero.json`. A type is a word (`string`, `number`, `uuid`, `msdate` …), the name of a
schema, either with `[]` behind it for a list, or `{"enum": [...]}`; no prose is kept.
"""

import json
import os
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]
REFERENCE_DIR = Path(os.environ.get("TIEOUT_REFERENCE_DIR", ROOT.parent / "shared" / "reference"))
DOCUMENTS = REFERENCE_DIR / "xero-samples" / "openapi"
ACCOUNTING, WEBHOOKS, IDENTITY = (f"{name}.yaml" for name in ("xero_accounting", "xero-webhooks", "xero-identity"))
FACTS = ROOT / "tests" / "contract" / "facts" / "xero.json"
METHODS = ("get", "post", "put", "delete")
Json = dict[str, Any]


def plan_facts(accounting: Json, webhooks: Json, identity: Json) -> Json:
    """The facts: `{"paths": {path: {method: {"query": […], "answer": schema}}}, "schemas": {name: {field: type}}}`."""
    schemas: Json = {}
    for document in (accounting, webhooks, identity):
        for name, schema in document["components"]["schemas"].items():
            schemas[name] = _fields(schema) if "properties" in schema else _type(schema)
    paths = {
        path: {method: _operation(document, item[method]) for method in METHODS if method in item}
        for document in (accounting, identity)
        for path, item in document["paths"].items()
    }
    return {"paths": dict(sorted(paths.items())), "schemas": dict(sorted(schemas.items()))}


def _fields(schema: Json) -> Json:
    return {field: _type(declared) for field, declared in sorted(schema["properties"].items())}


def _type(declared: Json) -> Any:
    if "$ref" in declared:
        return declared["$ref"].rpartition("/")[2]
    kind = declared.get("type", "object")
    if kind == "array":
        inner = _type(declared["items"])
        return f"{inner}[]" if isinstance(inner, str) else {**inner, "many": True}
    if "enum" in declared:
        return {"enum": [value for value in declared["enum"] if value is not None]}
    if declared.get("x-is-msdate") or declared.get("x-is-msdate-time"):
        return "msdate"
    if declared.get("format") == "uuid":
        return "uuid"
    return kind


def _operation(document: Json, operation: Json) -> Json:
    parameters = [_resolved(document, one) for one in operation.get("parameters", ())]
    told: Json = {"query": sorted(one["name"] for one in parameters if one["in"] == "query")}
    for status in ("200", "201"):
        content = _resolved(document, operation["responses"].get(status, {})).get("content", {})
        schema = content.get("application/json", {}).get("schema")
        if schema is not None:
            told["answer"] = _type(schema)
    return told


def _resolved(document: Json, part: Json) -> Json:
    if "$ref" not in part:
        return part
    found: Any = document
    for name in part["$ref"].removeprefix("#/").split("/"):
        found = found[name]
    return dict(found)


def render(facts: Json) -> str:
    """The file's text: one line a field or method."""
    return json.dumps(facts, indent=1, ensure_ascii=False, sort_keys=True) + "\n"


def read_documents() -> Json:
    """The facts of the documents in the reference folder."""
    return plan_facts(*(_read(DOCUMENTS / name) for name in (ACCOUNTING, WEBHOOKS, IDENTITY)))


def _read(document: Path) -> Json:
    loaded: Json = yaml.load(document.read_text("utf-8"), Loader=yaml.CSafeLoader)
    return loaded


if __name__ == "__main__":
    FACTS.write_text(render(read_documents()), "utf-8")
