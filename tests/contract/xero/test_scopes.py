"""Which scope opens which address, broad ones for older apps, and how an app without a secret proves itself."""

import pytest
from tests.contract.xero.world import REDIRECT_URI, VERIFIER, World

DEMO = "Demo Company (Global)"
SETTINGS = (
    "Accounts",
    "TaxRates",
    "Items",
    "Currencies",
    "Organisation",
    "TrackingCategories",
    "BrandingThemes",
    "Users",
)
OPENED = {
    "accounting.settings.read": SETTINGS,
    "accounting.contacts.read": ("Contacts", "ContactGroups"),
    "accounting.invoices.read": ("Invoices", "CreditNotes", "Quotes", "PurchaseOrders", "Items"),
    "accounting.payments.read": ("Payments", "BatchPayments", "Overpayments", "Prepayments"),
    "accounting.banktransactions.read": ("BankTransactions", "BankTransfers"),
    "accounting.manualjournals.read": ("ManualJournals",),
    "accounting.reports.trialbalance.read": ("Reports/TrialBalance", "Reports"),
    "accounting.reports.balancesheet.read": ("Reports/BalanceSheet", "Reports"),
    "accounting.reports.profitandloss.read": ("Reports/ProfitAndLoss", "Reports"),
    "accounting.reports.banksummary.read": ("Reports/BankSummary", "Reports"),
}
EVERYTHING = sorted({path for paths in OPENED.values() for path in paths})


@pytest.mark.parametrize("scope", sorted(OPENED))
async def test_a_reading_scope_opens_its_addresses_and_no_other(world: World, scope: str) -> None:
    world.xero.api.limits.enforced = False
    await world.connect(DEMO, scope=scope)
    for path in EVERYTHING:
        answer = await world.call("GET", path)
        assert answer.status_code == (200 if path in OPENED[scope] else 401), path
        if answer.status_code == 401:
            assert answer.headers["www-authenticate"] == "Bearer error=insufficent_scope"
    for path in OPENED[scope]:
        if not path.startswith("Reports"):
            assert (await world.call("PUT", path, json={})).status_code == 401, path


@pytest.mark.parametrize(
    ("scope", "opened", "closed"),
    [
        ("accounting.transactions.read", ["Invoices", "Payments", "BankTransactions", "ManualJournals"], ["Accounts"]),
        ("accounting.reports.read", ["Reports/TrialBalance", "Reports/BalanceSheet"], ["Invoices"]),
    ],
)
async def test_a_broad_scope_of_an_older_app_opens_what_it_covers(
    world: World, scope: str, opened: list[str], closed: list[str]
) -> None:
    await world.register()
    await world.http.post("/_sandbox/rules", json={"broad_apps": [world.client_id]})
    await world.connect(DEMO, scope=scope)
    assert [(await world.call("GET", path)).status_code for path in opened] == [200] * len(opened)
    assert [(await world.call("GET", path)).status_code for path in closed] == [401] * len(closed)


@pytest.mark.parametrize("scope", ["app.connections", "accounting.everything", "payroll.employees"])
async def test_scopes_that_are_not_simulated_are_refused_at_the_door(world: World, scope: str) -> None:
    await world.register()
    answer = await world.http.get("/identity/connect/authorize", params=world.ask(scope=scope))
    assert answer.status_code == 302
    assert "error=invalid_scope" in answer.headers["location"]


async def test_a_custom_connection_is_refused_loudly(world: World) -> None:
    await world.register()
    answer = await world.http.post(
        "/connect/token", data={"grant_type": "client_credentials"}, auth=(world.client_id, world.client_secret)
    )
    assert answer.json()["error"] == "unauthorized_client"
    assert "not simulated" in answer.json()["error_description"]


async def test_an_app_without_a_secret_proves_itself_by_its_verifier(world: World) -> None:
    await world.register()
    form = {"grant_type": "authorization_code", "redirect_uri": REDIRECT_URI, "client_id": world.client_id}
    form |= {"code_verifier": VERIFIER, "code": (await world.consent(DEMO))["code"]}
    assert (await world.http.post("/connect/token", data=form)).json() == {"error": "invalid_client"}
    await world.http.post("/_sandbox/rules", json={"public_apps": [world.client_id]})
    wrong = form | {"code_verifier": "w" * 64}
    assert (await world.http.post("/connect/token", data=wrong)).json() == {"error": "invalid_grant"}
    form["code"] = (await world.consent(DEMO, step="connect"))["code"]
    token = (await world.http.post("/connect/token", data=form)).json()
    refresh = {"grant_type": "refresh_token", "refresh_token": token["refresh_token"], "client_id": world.client_id}
    assert (await world.http.post("/connect/token", data=refresh)).status_code == 200


async def test_a_public_app_needs_a_verifier(world: World) -> None:
    await world.register()
    await world.http.post("/_sandbox/rules", json={"public_apps": [world.client_id]})
    back = await world.consent(DEMO, code_challenge="", code_challenge_method="")
    form = {"grant_type": "authorization_code", "redirect_uri": REDIRECT_URI, "client_id": world.client_id}
    assert (await world.http.post("/connect/token", data=form | back)).json() == {"error": "invalid_grant"}


async def test_two_refreshes_at_once_give_two_pairs_that_both_work(world: World) -> None:
    await world.connect(DEMO)
    old = world.token["refresh_token"]
    first, second = (await world.refresh(old)).json(), (await world.refresh(old)).json()
    assert first["refresh_token"] != second["refresh_token"]
    for pair in (first, second):
        world.token = pair
        assert (await world.call("GET", "Organisation")).status_code == 200
    assert (await world.refresh(second["refresh_token"])).status_code == 200
    assert (await world.refresh(old)).json() == {"error": "invalid_grant"}


async def test_without_grace_a_token_is_good_for_one_refresh(world: World) -> None:
    await world.connect(DEMO)
    await world.http.post("/_sandbox/rules", json={"previous_refresh_token_lives_s": 0})
    old = world.token["refresh_token"]
    assert (await world.refresh(old)).status_code == 200
    assert (await world.refresh(old)).json() == {"error": "invalid_grant"}
