"""The committed facts are what the condensing command makes of the contract's document."""

import json
from pathlib import Path

import pytest
from tests.contract import condense_monite, condense_xero

from tieout.api.enumerations import ENUMERATIONS, contract_paths


def test_the_facts_are_those_of_the_document() -> None:
    if not condense_monite.DOCUMENT.exists():
        pytest.skip(f"TIEOUT_REFERENCE_DIR has no {condense_monite.DOCUMENT.name}: the facts are not compared with it")
    facts = condense_monite.plan_facts(json.loads(condense_monite.DOCUMENT.read_text("utf-8")))
    assert condense_monite.FACTS.read_text("utf-8") == condense_monite.render(facts)


def test_the_facts_of_xero_are_those_of_its_documents() -> None:
    if not condense_xero.DOCUMENTS.exists():
        pytest.skip(f"TIEOUT_REFERENCE_DIR has no {condense_xero.DOCUMENTS.name}: the facts are not compared with it")
    assert condense_xero.FACTS.read_text("utf-8") == condense_xero.render(condense_xero.read_documents())


@pytest.mark.parametrize("facts", [condense_monite.FACTS, condense_xero.FACTS], ids=lambda path: path.stem)
def test_the_facts_hold_no_prose(facts: Path) -> None:
    text = facts.read_text("utf-8")
    for word in ('"description":"', '"title":"', '"example"', "https://"):
        assert word not in text


def test_the_program_knows_the_paths_and_words_of_the_facts() -> None:
    facts = json.loads(condense_monite.FACTS.read_text("utf-8"))
    assert contract_paths() == {path: [m.upper() for m in item] for path, item in facts["paths"].items()}
    assert {name: facts["schemas"][name]["enum"] for name in ENUMERATIONS} == ENUMERATIONS
    assert (len(ENUMERATIONS["AllowedCountries"]), len(ENUMERATIONS["CurrencyEnum"])) == (252, 145)
