"""Every command of `tieout`, in one table."""

import typer

from tieout.cli import clients, demo, keys, lanes, operate, partners, platform_keys, sandbox, writes

app = typer.Typer(
    name="tieout",
    help="The accounting integration that a B2B software company runs itself.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
app.command("serve")(operate.serve)
app.command("worker")(operate.worker)
app.command("migrate")(operate.migrate)
app.command("demo")(demo.demo)
app.add_typer(lanes.app, name="lanes")
app.add_typer(writes.app, name="writes")
app.add_typer(sandbox.app, name="sandbox")
app.add_typer(partners.app, name="partner")
app.add_typer(clients.app, name="client")
app.add_typer(platform_keys.app, name="platform")
app.add_typer(keys.app, name="keys")
