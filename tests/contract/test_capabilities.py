"""The capability matrix that is committed says what the provider contract proves: no more, and no less."""

import pytest
from tests.contract.list_capabilities import SUITE, files, shown_by
from tests.support.capabilities import Cell

from tieout.platforms.capabilities import load_capabilities


def test_the_capability_matrix_is_what_the_provider_contract_shows(request: pytest.FixtureRequest) -> None:
    """A test of the contract that fails or is skipped fails the run: so what is marked there has passed in it."""
    items = [item for item in request.session.items if SUITE in item.path.parents]
    whole = {path.name for path in SUITE.glob("test_*.py")} == {item.path.name for item in items}
    options = request.config.option
    if not whole or options.keyword or options.markexpr or any("::" in one for one in request.config.args):
        pytest.skip("needs the whole of tests/contract/provider in the same run, as in `make test`")
    for path, text in files(shown_by(items)).items():
        assert path.read_text(encoding="utf-8") == text, f"{path.name}: run `make capabilities`"


def test_no_cell_is_left_out_and_none_is_green_without_a_test() -> None:
    for cells in load_capabilities().values():
        assert len({(cell.object, cell.direction, cell.operation) for cell in cells}) == len(cells) > 200
        assert all(bool(cell.tests) is (cell.reason is None) is (cell.state == "shown") for cell in cells)


def test_cells_have_the_words_of_the_matrix_alone() -> None:
    with pytest.raises(ValueError, match="no object 'estimate'"):
        Cell("estimate", "in", "read")
    with pytest.raises(ValueError, match="no operation 'read' 'out'"):
        Cell("invoice", "out", "read")
