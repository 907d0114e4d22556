"""The control surface answers programs on this machine and its own pages, and nobody else's."""

import httpx2
import pytest

APP = {"name": "Partner", "redirect_uris": ["http://localhost:8000/callback"]}


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:8801", "tiny.test.evil.example", "", "localhost.evil.example"]
)
async def test_a_name_that_was_pointed_at_this_machine_is_turned_away(client: httpx2.AsyncClient, host: str) -> None:
    for path in ("/", "/_sandbox/apps", "/_sandbox/companies/7"):
        assert (await client.get(path, headers={"host": host})).status_code == 403


@pytest.mark.parametrize("host", ["tiny.test", "localhost:8801", "127.0.0.1", "[::1]:8801"])
async def test_names_of_this_machine_and_of_the_simulator_are_ours(client: httpx2.AsyncClient, host: str) -> None:
    assert (await client.get("/_sandbox/apps", headers={"host": host})).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://evil.example"},
        {"origin": "http://localhost:3000"},
        {"origin": "null"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
    ],
    ids=["other", "other-port", "null", "cross-site", "same-site"],
)
async def test_a_page_of_another_site_changes_nothing(client: httpx2.AsyncClient, headers: dict[str, str]) -> None:
    assert (await client.post("/_sandbox/apps", json=APP, headers=headers)).status_code == 403
    assert (await client.get("/_sandbox/apps")).json() == {"apps": []}


@pytest.mark.parametrize(
    "headers", [{"origin": "http://tiny.test"}, {"sec-fetch-site": "same-origin"}], ids=["origin", "site"]
)
async def test_our_own_page_may(client: httpx2.AsyncClient, headers: dict[str, str]) -> None:
    assert (await client.post("/_sandbox/apps", json=APP, headers=headers)).status_code == 201


async def test_no_answer_may_be_read_by_another_site(client: httpx2.AsyncClient) -> None:
    answer = await client.options("/_sandbox/apps", headers={"origin": "https://evil.example"})
    assert "access-control-allow-origin" not in answer.headers
    assert answer.status_code == 403


async def test_the_platform_itself_answers_whoever_asks(client: httpx2.AsyncClient) -> None:
    assert (await client.get("/things", headers={"origin": "https://evil.example"})).status_code == 200
