"""A plain loop over the pages of all lists by the platform's Python SDK, in a process of its own, for comparison.

`python -m benchmarks.sdk_pulls sdk quickbooks FOLDER` reads what the simulator told from its input, and prints what it
measured. Each object is decoded as the SDK does it, and nothing is kept.
"""

import json
import os
import resource
import sys
import time
from collections import Counter
from collections.abc import Iterator
from typing import Any

import httpx2
from quickbooks import objects
from tests.scenarios.test_xero_python import connect
from tests.support.quickbooks_client import REDIRECT_URI, Served, books_of
from xero_python.api_client.oauth2 import TokenApi

from tieout.kit.clock import SystemClock

PAGE_SIZE = 1_000


def sdk_loop(platform: str, told: dict[str, Any]) -> dict[str, Any]:
    """All pages of all lists through the SDK, each object decoded as the SDK does it, and nothing kept."""
    pages = _quickbooks_pages(told) if platform == "quickbooks" else _xero_pages(told)
    records: Counter[str] = Counter()
    calls = 0
    before_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    started_s, wall_s = time.process_time(), time.monotonic()
    for kind, count in pages:
        records[kind] += count
        calls += 1
    spent_s, wall_s = time.process_time() - started_s, time.monotonic() - wall_s
    return {"spent_s": spent_s, "wall_s": wall_s, "kinds": dict(records), "calls": calls, "before_mb": before_mb}


def _quickbooks_pages(told: dict[str, Any]) -> Iterator[tuple[str, int]]:
    os.environ["OAUTHLIB_INSECURE_TRANSPORT"] = "1"  # a simulator on a loopback address speaks plain HTTP
    app = httpx2.post(f"{told['origin']}/_sandbox/apps", json={"name": "SDK", "redirect_uris": [REDIRECT_URI]}).json()
    httpx2.post(f"{told['origin']}/_sandbox/rules", json={"limits_watched": False})
    client = books_of(Served(told["origin"], SystemClock(), app["client_id"], app["client_secret"]))
    lists = {
        "account": objects.Account,
        "customer": objects.Customer,
        "vendor": objects.Vendor,
        "item": objects.Item,
        "invoice": objects.Invoice,
        "bill": objects.Bill,
        "credit_note": objects.CreditMemo,
        "vendor_credit": objects.VendorCredit,
        "payment": objects.Payment,
        "bill_payment": objects.BillPayment,
    }
    for kind, type_ in lists.items():
        start = 1
        while True:
            rows = type_.all(order_by="MetaData.CreateTime", start_position=start, max_results=PAGE_SIZE, qb=client)
            yield kind, len(rows)
            if len(rows) < PAGE_SIZE:
                break
            start += PAGE_SIZE


def _xero_pages(told: dict[str, Any]) -> Iterator[tuple[str, int]]:
    TokenApi.refresh_token_url = f"{told['origin']}/connect/token"
    httpx2.post(f"{told['origin']}/_sandbox/rules", json={"limits_watched": False})
    sdk = connect(told["origin"])
    api, tenant = sdk.accounting, sdk.tenant_id
    yield "account", len(api.get_accounts(tenant).accounts)
    yield "item", len(api.get_items(tenant).items)
    lists: dict[str, tuple[Any, str]] = {
        "party": (api.get_contacts, "contacts"),
        "invoice": (api.get_invoices, "invoices"),
        "credit_note": (api.get_credit_notes, "credit_notes"),
        "payment": (api.get_payments, "payments"),
        "overpayment": (api.get_overpayments, "overpayments"),
        "prepayment": (api.get_prepayments, "prepayments"),
    }
    for kind, (ask, attribute) in lists.items():
        page = 1
        while True:
            rows = getattr(ask(tenant, page=page, page_size=PAGE_SIZE), attribute)
            yield kind, len(rows)
            if len(rows) < PAGE_SIZE:
                break
            page += 1


if __name__ == "__main__":
    made = sdk_loop(sys.argv[2], json.loads(sys.stdin.read()))
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    sys.stdout.write(json.dumps({**made, "peak_mb": peak_mb}) + "\n")
