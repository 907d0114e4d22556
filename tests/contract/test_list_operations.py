"""The page on compatibility lists exactly what is served."""

from tests.contract import list_operations
from tests.contract.list_operations import BEGIN, END, PAGE, page_with, render, rows
from tests.contract.served import CONTRACT

from tieout.api import additions


def test_the_list_of_operations_is_current() -> None:
    page = PAGE.read_text("utf-8")
    assert page == page_with(render(), page), "run `make compatibility`"


def test_every_operation_of_the_contract_stands_once_in_the_list() -> None:
    listed = rows()
    said = [(path, method) for path, row in listed.items() for method in [*row.served, *row.unbuilt]]
    assert sorted(said) == sorted((path, method.upper()) for path, method in CONTRACT)
    added = {(one.path, method) for one in additions.PATHS for method in one.methods}
    assert {(path, method) for path, row in listed.items() for method in row.added} == added


def test_only_the_part_between_the_marks_is_written() -> None:
    page = f"before\n{BEGIN}\nold\n{END}\nafter\n"
    assert page_with(f"{BEGIN}\nnew\n{END}", page) == f"before\n{BEGIN}\nnew\n{END}\nafter\n"
    assert list_operations.resource_of("/payables/{payable_id}/line_items") == "payables"
