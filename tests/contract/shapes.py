"""Compares two descriptions of one operation: the contract's facts, and what the application says of itself.

Only shapes are compared here (paths, methods, statuses, fields, types, enumerations, limits); behaviour has its own
tests.
What the contract leaves nullable by silence may be null here (its documents were generated without null).
"""

from collections.abc import Iterator
from typing import Any

from tieout.api import additions

DEPTH_MAX = 8
Schema = dict[str, Any]


class Describer:
    """Resolves references of one document and reads schemas as flat sets of variants."""

    def __init__(self, schemas: dict[str, Schema]) -> None:
        self._schemas = schemas

    def variants(self, schema: Schema | None) -> list[Schema]:
        """The schemas that a value may have, references resolved, without null; the name stays as `x-name`."""
        if schema is None:
            return []
        if "$ref" in schema:
            name = schema["$ref"].rpartition("/")[2]
            return [{"x-name": name} | found for found in self.variants(self._schemas[name])]
        for word in ("anyOf", "oneOf", "allOf"):
            if word in schema:
                return [found for part in schema[word] for found in self.variants(part)]
        return [] if schema.get("type") == "null" else [schema]

    def fields(self, schema: Schema | None) -> tuple[dict[str, list[Schema]], set[str], bool | None]:
        """Field names with their schemas, those that every variant requires, and whether all variants are closed."""
        objects = [variant for variant in self.variants(schema) if "properties" in variant]
        merged: dict[str, list[Schema]] = {}
        for variant in objects:
            for name, field in variant["properties"].items():
                merged.setdefault(name, []).append(field)
        required = [set(variant.get("required", ())) for variant in objects]
        closed = {variant.get("additionalProperties") is False for variant in objects}
        return merged, set.intersection(*required) if required else set(), closed.pop() if len(closed) == 1 else None


def _whole(schemas: list[Schema]) -> Schema:
    return schemas[0] if len(schemas) == 1 else {"anyOf": schemas}


def _type(variants: list[Schema]) -> set[str]:
    types = {str(variant.get("type", "any")) for variant in variants}
    return {"number" if type_ == "integer" else type_ for type_ in types}


def _enumeration(variants: list[Schema]) -> set[str] | None:
    words: set[str] = set()
    for variant in variants:
        found = variant.get("enum", [variant["const"]] if "const" in variant else None)
        if found is None:
            return None
        words.update(map(str, found))
    return words or None


class Comparison:
    """Finds what differs, as sentences."""

    def __init__(self, contract: Describer, ours: Describer, *, is_request: bool) -> None:
        self._contract = contract
        self._ours = ours
        self._is_request = is_request

    def differences(
        self, contract: Schema | None, ours: Schema | None, place: str = "", depth: int = 0
    ) -> Iterator[str]:
        theirs, mine = self._contract.variants(contract), self._ours.variants(ours)
        if not theirs or depth > DEPTH_MAX:
            return
        if not mine:  # always null
            if self._is_request:
                yield f"{place}: the contract has {_type(theirs)}, Tieout takes nothing"
            return
        yield from self._values(theirs, mine, place)
        yield from self._objects(contract, ours, place, depth)
        items = [variant["items"] for variant in theirs if variant.get("items")]
        our_items = [variant["items"] for variant in mine if variant.get("items")]
        if items and our_items:
            yield from self.differences(_whole(items), _whole(our_items), f"{place}[]", depth + 1)

    def _values(self, theirs: list[Schema], mine: list[Schema], place: str) -> Iterator[str]:
        if "any" not in _type(theirs) and not _type(mine) <= _type(theirs) | {"any"}:
            yield f"{place}: type {_type(mine)} instead of {_type(theirs)}"
        words, ours = _enumeration(theirs), _enumeration(mine)
        added = {added.value for added in additions.VALUES if f".{place}".endswith(f".{added.field}")}
        if self._is_request and words is not None and (ours is None or not words <= ours):
            yield f"{place}: does not take {sorted(words - (ours or set()))}"
        if words is not None and ours is not None and ours - words - added:
            yield f"{place}: has {sorted(ours - words - added)} beyond the contract"
        if self._is_request and len(theirs) == len(mine) == 1:
            for limit in ("maxLength", "maximum"):
                if limit in theirs[0] and mine[0].get(limit, float("inf")) > theirs[0][limit]:
                    yield f"{place}: {limit} {mine[0].get(limit)} instead of {theirs[0][limit]}"
            for limit in ("minLength", "minimum"):
                if theirs[0].get(limit) and mine[0].get(limit, float("-inf")) < theirs[0][limit]:
                    yield f"{place}: {limit} {mine[0].get(limit)} instead of {theirs[0][limit]}"

    def _objects(self, contract: Schema | None, ours: Schema | None, place: str, depth: int) -> Iterator[str]:
        fields, required, is_closed = self._contract.fields(contract)
        our_fields, our_required, our_closed = self._ours.fields(ours)
        is_free = any(v.get("type") == "object" and "properties" not in v for v in self._ours.variants(ours))
        if not fields or (is_free and not self._is_request):  # what is in it, the tests of its answers check
            return
        names = {str(variant.get("x-name")) for variant in self._contract.variants(contract)}
        added = {field.name for field in additions.FIELDS if field.schema in names}
        for name in sorted(set(our_fields) - set(fields) - added):
            yield f"{place}.{name}: not in the contract"
        for name in sorted(set(fields if self._is_request else required) - set(our_fields)):
            yield f"{place}.{name}: missing"
        for name in sorted(required & set(our_fields)):
            if not self._ours.variants(_whole(our_fields[name])):
                yield f"{place}.{name}: always null"
        if self._is_request:
            yield from _required_differently(required, our_required, place)
            if None not in {is_closed, our_closed} and is_closed != our_closed:
                yield f"{place}: {'takes' if is_closed else 'refuses'} unknown fields"
        for name in sorted(set(fields) & set(our_fields)):
            yield from self.differences(_whole(fields[name]), _whole(our_fields[name]), f"{place}.{name}", depth + 1)


def _required_differently(required: set[str], ours: set[str], place: str) -> Iterator[str]:
    for name in sorted(ours - required):
        yield f"{place}.{name}: required only by Tieout"
    for name in sorted(required - ours):
        yield f"{place}.{name}: not required by Tieout"
