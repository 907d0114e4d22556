"""Commands for simulated platforms that are running: `tieout sandbox act`, `fill`, `clock`, `fault`, and so on.

Each asks the control surface of the simulators at `--url`, or else at the usual ports, and prints its answers as JSON.
"""

import json
from collections.abc import Mapping
from typing import Annotated, Any, NoReturn

import httpx2
import typer

from tieout.cli.output import refuse
from tieout.cli.simulating import simulated_platforms

Urls = Annotated[
    list[str] | None,
    typer.Option("--url", help="Where a simulated platform stands, when not at its usual port; may be repeated."),
]
Answer = dict[str, Any]

faults = typer.Typer(help="What goes wrong at the simulated platforms.", no_args_is_help=True)
apps = typer.Typer(help="The programs that are registered at the simulated platforms.", no_args_is_help=True)
rules = typer.Typer(help="What the simulated platforms do where the real ones leave it open.", no_args_is_help=True)
webhooks = typer.Typer(help="Where the programs are notified, and what was sent.", no_args_is_help=True)
_OPEN = {"allow_extra_args": True, "ignore_unknown_options": True}


def add_commands(app: typer.Typer) -> None:
    """Put every command below `tieout sandbox`."""
    app.command("companies")(companies)
    app.command("act", context_settings=_OPEN)(act)
    app.command("fill")(fill)
    app.command("clock")(clock)
    app.command("save")(save)
    app.add_typer(faults, name="fault")
    app.add_typer(rules, name="rule")
    app.add_typer(apps, name="app")
    app.add_typer(webhooks, name="webhook")


def companies(*, url: Urls = None) -> None:
    """List every company, and what people can do there."""
    _show([company | {"url": origin} for origin in _origins(url) for company in _companies(origin)])


def act(context: typer.Context, company: str, action: str, *, url: Urls = None) -> None:
    """Let somebody in a company do something: `act COMPANY pay --number 1037 --amount 50`.

    COMPANY is an id or a name; `companies` lists the actions. Every further option is handed to the action.
    """
    origin, company_id = _find(company, url)
    _show(_ask("POST", f"{origin}/_sandbox/companies/{company_id}/people/{action}", _options(context.args)))


def fill(
    company: str,
    *,
    documents: Annotated[int, typer.Option(help="How many.")] = 100,
    seed: Annotated[int, typer.Option(help="The same seed makes up the same documents.")] = 7,
    url: Urls = None,
) -> None:
    """Make up documents in a company, with the parties and items they need."""
    origin, company_id = _find(company, url)
    wish = {"documents": documents, "seed": seed}
    _show(_ask("POST", f"{origin}/_sandbox/companies/{company_id}/fill", wish))


def clock(
    *,
    advance: Annotated[float | None, typer.Option(help="Move the clock on by so many seconds.")] = None,
    to: Annotated[str | None, typer.Option(help="Set the clock, to such as 2026-05-04T12:00:00Z.")] = None,
    url: Urls = None,
) -> None:
    """Tell, move or set the clocks. What is due on the way happens at its time."""
    if advance is not None and to is not None:
        refuse("say --advance or --to")
    wish: Answer | None = None
    if advance is not None:
        wish = {"advance_s": str(advance)}
    elif to is not None:
        wish = {"now": to}
    method = "GET" if wish is None else "POST"
    _show({origin: _ask(method, f"{origin}/_sandbox/clock", wish) for origin in _origins(url)})


def save(*, url: Urls = None) -> None:
    """Save the state to the file that the simulators were started with."""
    _show(_ask("POST", f"{_origins(url)[0]}/_sandbox/state", {}))


@faults.command("kinds")
def fault_kinds(*, url: Urls = None) -> None:
    """The table of what can go wrong."""
    _show({origin: _ask("GET", f"{origin}/_sandbox/faults/kinds") for origin in _origins(url)})


@faults.command("list")
def fault_list(*, url: Urls = None) -> None:
    """The faults that are set, with how often they befell."""
    _show({origin: _ask("GET", f"{origin}/_sandbox/faults")["faults"] for origin in _origins(url)})


@faults.command("add", context_settings=_OPEN)
def fault_add(context: typer.Context, kind: str, *, url: Urls = None) -> None:
    """Let something go wrong: `fault add drop_after_commit --path /v3/ --method POST --count 2`.

    Options: method, path (how it begins), company-id, app-id, count, skip (so many matching requests pass first), after
    (so many of any kind), probability, status, delay-s, retry-after-s, limit. `fault kinds` tells the kinds.
    """
    wish = {"kind": kind} | _options(context.args)
    found = {origin: _try("POST", f"{origin}/_sandbox/faults", wish) for origin in _origins(url)}
    if all(answer.is_error for answer in found.values()):
        _refuse(next(iter(found.values())))
    _show({origin: answer.json() for origin, answer in found.items()})


@faults.command("clear")
def fault_clear(fault_id: Annotated[str | None, typer.Argument()] = None, *, url: Urls = None) -> None:
    """Take a fault away, or all."""
    path = "" if fault_id is None else f"/{fault_id}"
    _show({origin: _try("DELETE", f"{origin}/_sandbox/faults{path}").json() for origin in _origins(url)})


@rules.command("list")
def rule_list(*, url: Urls = None) -> None:
    """Every rule, and how it stands."""
    _show({origin: _ask("GET", f"{origin}/_sandbox/rules") for origin in _origins(url)})


@rules.command("set")
def rule_set(name: str, value: str, *, url: Urls = None) -> None:
    """Change a rule wherever it is known: `rule set limits_watched false`."""
    known = [origin for origin in _origins(url) if name in _ask("GET", f"{origin}/_sandbox/rules")]
    if not known:
        refuse(f"no rule {name}; `rule list` tells them")
    try:
        wanted = json.loads(value)
    except ValueError:
        wanted = value
    _show({origin: _ask("POST", f"{origin}/_sandbox/rules", {name: wanted}) for origin in known})


@apps.command("list")
def app_list(*, url: Urls = None) -> None:
    """Every program, with its keys."""
    _show({origin: _ask("GET", f"{origin}/_sandbox/apps")["apps"] for origin in _origins(url)})


@apps.command("add")
def app_add(
    name: str,
    *,
    redirect_uri: Annotated[list[str], typer.Option(help="Where its users come back to; may be repeated.")],
    disconnect_url: Annotated[str | None, typer.Option(help="Where a browser goes after disconnecting.")] = None,
    url: Urls = None,
) -> None:
    """Register a program, at each simulated platform or at `--url`."""
    wish = {"name": name, "redirect_uris": redirect_uri, "disconnect_url": disconnect_url}
    _show({origin: _ask("POST", f"{origin}/_sandbox/apps", wish) for origin in _origins(url)})


@apps.command("change")
def app_change(
    client_id: str,
    *,
    name: Annotated[str | None, typer.Option(help="Another name.")] = None,
    redirect_uri: Annotated[list[str] | None, typer.Option(help="All its addresses, instead of those it has.")] = None,
    url: Urls = None,
) -> None:
    """Change a program's registration; what is not said stays."""
    wish = {key: value for key, value in (("name", name), ("redirect_uris", redirect_uri)) if value}
    _show(_ask("POST", f"{_home(client_id, url)}/_sandbox/apps/{client_id}", wish))


@apps.command("remove")
def app_remove(client_id: str, *, url: Urls = None) -> None:
    """End a program's registration, and everything it was allowed."""
    _show(_ask("DELETE", f"{_home(client_id, url)}/_sandbox/apps/{client_id}"))


@webhooks.command("set")
def webhook_set(
    client_id: str,
    address: str,
    *,
    format_: Annotated[str | None, typer.Option("--format", help="How it is told, where there is a choice.")] = None,
    new_key: Annotated[bool, typer.Option("--new-key", help="Draw another key.")] = False,
    url: Urls = None,
) -> None:
    """Notify a program at an address. Its key is shown this once."""
    wish: Answer = {"url": address, "new_key": new_key} | ({"format": format_} if format_ else {})
    _show(_ask("POST", f"{_home(client_id, url)}/_sandbox/apps/{client_id}/webhook", wish))


@webhooks.command("enable")
def webhook_enable(client_id: str, *, url: Urls = None) -> None:
    """Switch a program's webhook on; its receiver is tried first where the platform does so."""
    _show(_ask("POST", f"{_home(client_id, url)}/_sandbox/apps/{client_id}/webhook/enable", {}))


@webhooks.command("remove")
def webhook_remove(client_id: str, *, url: Urls = None) -> None:
    """Notify a program no more."""
    _show(_ask("DELETE", f"{_home(client_id, url)}/_sandbox/apps/{client_id}/webhook"))


@webhooks.command("list")
def webhook_list(*, url: Urls = None) -> None:
    """Every webhook, and the last attempts to hand something over."""
    _show({origin: _ask("GET", f"{origin}/_sandbox/webhooks?limit=50") for origin in _origins(url)})


@webhooks.command("deliver")
def webhook_deliver(
    *,
    retry: Annotated[bool, typer.Option("--retry", help="Also what waits for its next attempt.")] = False,
    url: Urls = None,
) -> None:
    """Send what waits to be gathered, now."""
    wish = {"deliver": "retry" if retry else "now"}
    _show({origin: _ask("POST", f"{origin}/_sandbox/webhooks", wish) for origin in _origins(url)})


def _origins(urls: list[str] | None) -> list[str]:
    """The simulators that were named, or those that answer at the usual ports."""
    if urls:
        return [url.rstrip("/") for url in urls]
    found = [one.origin for one in simulated_platforms() if _answers(one.origin)]
    if not found:
        refuse("no simulated platform answers at its usual port; start one with `tieout sandbox`, or say --url")
    return found


def _answers(origin: str) -> bool:
    try:
        return httpx2.get(f"{origin}/_sandbox/clock", timeout=5, trust_env=False).is_success
    except httpx2.HTTPError:
        return False


def _companies(origin: str) -> list[Answer]:
    companies: list[Answer] = _ask("GET", f"{origin}/_sandbox/companies")["companies"]
    return companies


def _find(company: str, urls: list[str] | None) -> tuple[str, str]:
    """Where a company is, and its id; the name is enough if it is the only one."""
    everywhere = [(origin, one) for origin in _origins(urls) for one in _companies(origin)]
    exact = [(origin, one["id"]) for origin, one in everywhere if one["id"] == company]
    named = [(origin, one["id"]) for origin, one in everywhere if company.lower() in one["name"].lower()]
    found = exact or named
    if not found:
        refuse(f"there is no company {company}; see `tieout sandbox companies`")
    if len(found) > 1:
        refuse(f"several companies are called {company}; say an id")
    return found[0]


def _home(client_id: str, urls: list[str] | None) -> str:
    """The simulator at which a program is registered."""
    for origin in _origins(urls):
        if any(one["client_id"] == client_id for one in _ask("GET", f"{origin}/_sandbox/apps")["apps"]):
            break
    else:
        refuse(f"no program has the client id {client_id}")
    return origin


def _options(arguments: list[str]) -> dict[str, str]:
    """`--name value` pairs, or `--name=value`, as they are sent."""
    wish: dict[str, str] = {}
    rest = list(arguments)
    while rest:
        name, joined, value = rest.pop(0).partition("=")
        if not name.startswith("--") or (not joined and not rest):
            refuse(f"expected --name value, not {name}")
        wish[name[2:].replace("-", "_")] = value if joined else rest.pop(0)
    return wish


def _try(method: str, url: str, wish: Mapping[str, Any] | None = None) -> httpx2.Response:
    try:
        return httpx2.request(method, url, json=wish, timeout=600, trust_env=False)
    except httpx2.HTTPError as error:
        refuse(f"{url} does not answer: {type(error).__name__}")


def _ask(method: str, url: str, wish: Mapping[str, Any] | None = None) -> Answer:
    """What the control surface answers; a refusal ends the command."""
    answer = _try(method, url, wish)
    if answer.is_error:
        _refuse(answer)
    told: Answer = answer.json()
    return told


def _refuse(answer: httpx2.Response) -> NoReturn:
    try:
        refuse(str(answer.json()["error"]))
    except (ValueError, KeyError, TypeError):
        refuse(f"the control surface answered {answer.status_code}")


def _show(told: object) -> None:
    print(json.dumps(told, indent=2, ensure_ascii=False))  # noqa: T201 - a command speaks on its standard streams
