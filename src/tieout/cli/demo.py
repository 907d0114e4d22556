"""`tieout demo`.

Tieout and two simulated platforms on this machine, a walk through the whole flow, and then it stays up.
"""

import asyncio
import contextlib
import fcntl
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Annotated, Any, Final

import httpx2
import typer
from rich.markup import escape

from tieout.cli.output import console, refuse
from tieout.cli.simulating import HOST, Simulated, simulated_platforms
from tieout.cli.visiting import LostError
from tieout.cli.walk_parts import Api, Books, Case, Printer, WalkError
from tieout.cli.walking import walk_entity
from tieout.security.vault import new_key

READY_S_MAX: Final = 30.0
STOP_S_MAX: Final = 10.0
TIEOUT_PORT: Final = 8800
BACKLOG: Final = 128
KEPT: Final = frozenset(
    ("sandbox.log", "serve.log", "tieout.db", "tieout.db-journal", "tieout.db-shm", "tieout.db-wal", "vault.key")
)
"""What a demo leaves in its folder."""
PARTNER_NAME: Final = "Cloudbench"


def demo(
    *,
    once: Annotated[bool, typer.Option(help="Stop after the walk, with exit status 0 if all went well.")] = False,
    folder: Annotated[Path, typer.Option(help="Where the demo keeps its database and key.")] = Path("var/demo"),
) -> None:
    """Show it all: no account, no key and no network needed."""
    started_s = time.perf_counter()
    own = _listen(TIEOUT_PORT)
    theirs = {one.name: _listen(one.port) for one in simulated_platforms()}
    simulated = simulated_platforms({name: _port(opened) for name, opened in theirs.items()})
    public_url = f"http://{HOST}:{_port(own)}"
    environment = _prepare_folder(folder) | {"TIEOUT_PUBLIC_URL": public_url}
    commands = [
        _Command(
            [
                "sandbox",
                *(part for one in simulated for part in (f"--{one.name}-port", str(one.port))),
                *(part for name, opened in theirs.items() for part in ("--fd", f"{name}={opened.fileno()}")),
            ],
            list(theirs.values()),
        ),
        _Command(["serve", "--migrate", "--port", str(_port(own)), "--fd", str(own.fileno())], [own]),
    ]
    with _children(commands, environment, folder) as check_children:
        try:
            case = asyncio.run(_walk(simulated, public_url, environment, check_children))
        except (WalkError, LostError, httpx2.HTTPError, TimeoutError) as error:
            console.print(f"[bold red]The walk failed:[/] {escape(str(error))}")
            raise typer.Exit(1) from error
        console.print(f"\nAll of it took {time.perf_counter() - started_s:.1f} s.")
        if not once:
            _stay(case, simulated, public_url)


def _prepare_folder(folder: Path) -> dict[str, str]:
    """A fresh database and a vault key that only its owner may read.

    What an earlier demo left is removed; a folder with anything else in it is refused and left alone.
    """
    strangers = sorted(path.name for path in folder.iterdir() if path.name not in KEPT) if folder.is_dir() else []
    if strangers:
        refuse(f"{folder} holds {strangers[0]}, which no demo made: choose another --folder")
    key_file = folder / "vault.key"
    with contextlib.suppress(FileNotFoundError), key_file.open() as kept:
        try:
            fcntl.flock(kept, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            refuse(f"another demo is running in {folder}: stop it, or choose another --folder")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True, mode=0o700)
    descriptor = os.open(key_file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    fcntl.flock(descriptor, fcntl.LOCK_EX)  # stays open, and so locked, as long as this demo runs
    os.write(descriptor, new_key("demo").encode())
    return {
        **os.environ,
        "TIEOUT_DATABASE_URL": f"sqlite:///{(folder / 'tieout.db').resolve()}",
        "TIEOUT_VAULT_KEYS": key_file.read_text(),
        "TIEOUT_ALLOW_PRIVATE_ADDRESSES": "true",
        "TIEOUT_LOG_LEVEL": os.environ.get("TIEOUT_LOG_LEVEL", "warning"),
    }


def _listen(wished: int) -> socket.socket:
    """A socket on the port wished for, or on any other that is free.

    It listens from now on and is handed to the child: a port that was only looked at could be another demo's by the
    time the child is up, and the walk would talk to that one.
    """
    for port in (wished, 0):
        opened = socket.socket()
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            opened.bind((HOST, port))
            opened.listen(BACKLOG)
        except OSError:
            opened.close()
            continue
        return opened
    msg = "no free port on this machine"
    raise OSError(msg)


def _port(opened: socket.socket) -> int:
    return int(opened.getsockname()[1])


@dataclass(frozen=True, slots=True)
class _Command:
    """A `tieout` command, and the sockets it takes over."""

    arguments: list[str]
    sockets: list[socket.socket]


@contextmanager
def _children(commands: list[_Command], environment: dict[str, str], folder: Path) -> Iterator[Callable[[], None]]:
    """Run `tieout` commands beside this one, with their output in the demo's folder; end them on the way out.

    Gives a check that raises WalkError when one of them has ended.
    """
    children: list[subprocess.Popen[bytes]] = []

    def check() -> None:
        for command, child in zip(commands, children, strict=True):
            if child.poll() is not None:
                msg = f"tieout {command.arguments[0]} ended with status {child.returncode}: see {folder}"
                raise WalkError(msg)

    try:
        for command in commands:
            passed = [opened.fileno() for opened in command.sockets]
            argv = [sys.executable, "-m", "tieout", *command.arguments]
            with (folder / f"{command.arguments[0]}.log").open("wb") as log:
                children.append(
                    subprocess.Popen(argv, env=environment, stdout=log, stderr=log, pass_fds=passed)  # noqa: S603 - our own program
                )
            for opened in command.sockets:
                opened.close()
        yield check
    finally:
        for child in children:
            child.send_signal(signal.SIGTERM)
        for child in children:
            try:
                child.wait(STOP_S_MAX)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()


async def _walk(
    simulated: list[Simulated], public_url: str, environment: dict[str, str], check_children: Callable[[], None]
) -> dict[str, Any]:
    printer = Printer(partial(console.print, soft_wrap=True))
    async with httpx2.AsyncClient(timeout=30.0) as client:
        async with printer.step("Tieout and the simulated platforms are up") as told:
            await _until_ready(
                client,
                [f"{public_url}/readyz", *(f"{one.origin}/_sandbox/companies" for one in simulated)],
                check_children,
            )
            told.detail = ", ".join([public_url, *(one.origin for one in simulated)])
        async with printer.step("a partner and its API client") as told:
            partner = _command(environment, "partner", "create", PARTNER_NAME, "--environment", "simulated", "--json")
            told.detail = f"{PARTNER_NAME}, client {partner['client_id']}"
        api = Api(client, public_url)
        async with printer.step("an access token") as told:
            token = await api.call("POST", "/auth/token", {"grant_type": "client_credentials", **_credentials(partner)})
            api.token = token["access_token"]
            told.detail = f"good for {token['expires_in']} s"
        await _enter_keys(api, simulated, printer, environment, partner)
        for one in simulated:
            company = await _company(client, one)
            console.print(f"\n[bold]{one.module.TITLE}[/]")
            books = Books(platform=one.name, title=one.module.TITLE, origin=one.origin, company=company)
            await walk_entity(Case(Api(client, public_url, api.token), books), printer)
        partner["connection_url"] = await _fresh_link(api)
        console.print()
        await _revoke(api, printer, partner)
    return partner


def _credentials(partner: dict[str, Any]) -> dict[str, str]:
    return {"client_id": partner["client_id"], "client_secret": partner["client_secret"]}


async def _register(api: Api, one: Simulated) -> dict[str, Any]:
    """Register the partner's app in the simulated developer portal: its keys."""
    redirect = f"{api.base_url}/connect/callback/{one.name}"
    app = {"name": PARTNER_NAME, "redirect_uris": [redirect]}
    registered = await api.client.post(f"{one.origin}/_sandbox/apps", json=app)
    keys: dict[str, Any] = registered.raise_for_status().json()
    return keys


def _set_keys_by_command(environment: dict[str, str], partner_id: str, one: Simulated, keys: dict[str, Any]) -> None:
    """Enter an app's keys as an operator does; the secret comes from the environment."""
    _command(
        {**environment, "DEMO_APP_SECRET": keys["client_secret"]},
        *("platform", "set", one.name, "--partner", partner_id, "--environment", "simulated"),
        *("--client-id", keys["client_id"], "--secret-env", "DEMO_APP_SECRET", "--origin", one.origin, "--json"),
    )


async def _enter_keys(
    api: Api, simulated: list[Simulated], printer: Printer, environment: dict[str, str], partner: dict[str, Any]
) -> None:
    """Give the keys of the partner's apps to Tieout: the first as an operator does, the others as the partner does."""
    for one in simulated:
        by_command = one is simulated[0]
        way = "tieout platform set" if by_command else "PUT /platforms/…/keys/simulated"
        async with printer.step(f"the partner's own app keys: {one.module.TITLE}, by {way}") as told:
            keys = await _register(api, one)
            if by_command:
                _set_keys_by_command(environment, partner["partner_id"], one, keys)
            else:
                body = {name: keys[name] for name in ("client_id", "client_secret")} | {"origin": one.origin}
                await api.call("PUT", f"/platforms/{one.name}/keys/simulated", body)
            told.detail = "encrypted at rest, never shown again"
        async with printer.step(
            "its webhooks: Tieout's address in the platform's portal, the portal's key here"
        ) as told:
            told.detail = f"{await _hook_up(api, one, keys)} at the platform"


async def _hook_up(api: Api, one: Simulated, keys: dict[str, Any]) -> str:
    """Have the simulated platform tell of changes, as a partner does; answers what the platform makes of it."""
    listed = (await api.call("GET", "/platforms"))["data"]
    address = next(platform["apps"][0]["webhook_url"] for platform in listed if platform["name"] == one.name)
    portal = f"{one.origin}/_sandbox/apps/{keys['client_id']}/webhook"
    registered = (await api.client.post(portal, json={"url": address})).raise_for_status().json()
    body = {name: keys[name] for name in ("client_id", "client_secret")} | {"origin": one.origin}
    await api.call("PUT", f"/platforms/{one.name}/keys/simulated", body | {"webhook_key": registered["key"]})
    enabled = (await api.client.post(f"{portal}/enable")).raise_for_status().json()
    if enabled["state"] != "active":
        msg = f"the webhook is {enabled['state']} at {one.module.TITLE}"
        raise WalkError(msg)
    return str(enabled["state"])


async def _revoke(api: Api, printer: Printer, partner: dict[str, Any]) -> None:
    """End the walk's token, which is refused from then on."""
    async with printer.step("the access token is revoked, and refused at once"):
        await api.call("POST", "/auth/revoke", {**_credentials(partner), "token": api.token})
        await api.call("GET", "/entities", expect=401)


async def _company(client: httpx2.AsyncClient, one: Simulated) -> dict[str, Any]:
    """The simulated company with the most in it."""
    companies = (await client.get(f"{one.origin}/_sandbox/companies")).raise_for_status().json()["companies"]
    chosen: dict[str, Any] = max(companies, key=lambda company: int(company["documents"]))
    return chosen


async def _fresh_link(api: Api) -> str:
    """A new entity's connection link, for the person to click through."""
    entity = await api.call(
        "POST",
        "/entities",
        {
            "type": "organization",
            "email": "you@example.com",
            "address": {"country": "US", "city": "Springfield", "postal_code": "12345", "line1": "2 Main Street"},
            "organization": {"legal_name": "Your turn Ltd"},
        },
        expect=201,
    )
    api.entity_id = entity["id"]
    connection = await api.call("POST", "/accounting_connections", expect=201)
    return str(connection["connection_url"])


async def _until_ready(client: httpx2.AsyncClient, addresses: list[str], check_children: Callable[[], None]) -> None:
    async with asyncio.timeout(READY_S_MAX):
        for address in addresses:
            while True:
                check_children()
                with contextlib.suppress(httpx2.TransportError):
                    if (await client.get(address)).is_success:
                        break
                await asyncio.sleep(0.1)


def _command(environment: dict[str, str], *arguments: str) -> dict[str, Any]:
    """Run a `tieout` command that answers in JSON."""
    argv = [sys.executable, "-m", "tieout", *arguments]
    done = subprocess.run(argv, env=environment, capture_output=True, text=True, check=False)  # noqa: S603 - our own program
    if done.returncode != 0:
        msg = f"tieout {' '.join(arguments[:2])} failed: {done.stderr.strip()}"
        raise WalkError(msg)
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def _stay(partner: dict[str, Any], simulated: list[Simulated], public_url: str) -> None:
    """Say what there is to click and to call, and wait."""
    body = json.dumps({"grant_type": "client_credentials", **_credentials(partner)})
    console.print(
        f"""
[bold]Now you.[/] Open the connection link in a browser:

  {partner["connection_url"]}

The books themselves, as the simulated platforms show them:
""",
        soft_wrap=True,
    )
    for one in simulated:
        console.print(f"  {one.module.TITLE:<32} {one.origin}/")
    console.print(
        f"""
The API is at [bold]{public_url}/v1[/], its description at {public_url}/openapi.json.

  client_id      {partner["client_id"]}
  client_secret  {partner["client_secret"]}

  curl -s {public_url}/v1/auth/token -H 'Content-Type: application/json' -H 'X-Monite-Version: 2024-05-25' \\
    -d '{body}'

Stop with Ctrl+C.
""",
        soft_wrap=True,
    )
    with contextlib.suppress(KeyboardInterrupt):
        signal.pause()
