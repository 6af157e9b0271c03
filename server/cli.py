"""The command line: `atelier`.

Each command imports what only it needs, for every part starts by way of one: what takes long to import, as SQLAlchemy
and Redis do, is not waited for where it is not used.
"""

from __future__ import annotations

import asyncio
import re
import sys
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Annotated, NoReturn, TypeVar

import asyncpg
import typer
from pydantic import ValidationError

from server.core.ports import Unavailable
from server.settings import UNREADABLE, Settings, SettingsError, readable
from server.supervisor.run_file import Run, find_running
from server.usecases import sign_in
from server.usecases.hold_provider import hold_provider, read_standing
from server.usecases.renew_streams import count_streams, renew_streams
from server.usecases.repair_stuck import find_stuck, repair_stuck

if TYPE_CHECKING:
    from server.infra.database import PostgresDatabase

T = TypeVar("T")
OWNER = "owner@atelier.local"

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    help="Atelier: a self-hosted studio for AI pictures.",
    rich_markup_mode=None,
)
user = typer.Typer(no_args_is_help=True, help="People who may sign in.")
key = typer.Typer(no_args_is_help=True, help="API keys.")
queue = typer.Typer(no_args_is_help=True, help="What goes to NanoBanana, of all workspaces.")
stream = typer.Typer(no_args_is_help=True, help="What open pages are told, of all workspaces.")
app.add_typer(user, name="user")
app.add_typer(key, name="key")
app.add_typer(queue, name="queue")
app.add_typer(stream, name="stream")

Email = Annotated[str, typer.Argument(help="The person's address; it only names them, nothing is sent.")]


@app.command()
def up() -> None:
    """Start every part, keep them running, and stop them all on Ctrl-C."""
    from server.supervisor.up import up as supervise

    settings = Settings()

    async def welcome(run: Run) -> None:
        database = await _open(run.database_url)
        try:
            email = await sign_in.first_account(database) or OWNER
            await sign_in.add_account(database, email)
            token = await sign_in.make_link(database, email)
        finally:
            await database.disconnect()
        address = (settings.public_url or run.address).rstrip("/")
        print(f"\nAtelier is ready at {address}")
        print(f"Sign in, once and within 15 minutes: {address}/#token={token}\n")
        print(f"Another link: atelier user link {email}\n", flush=True)

    raise typer.Exit(supervise(settings, welcome))


@app.command()
def migrate() -> None:
    """Bring the database up to date."""
    from server.infra.migrations import MigrationError
    from server.infra.migrations import migrate as apply_migrations

    settings = _connected()
    try:
        applied = _await(lambda: apply_migrations(str(settings.database_url)))
    except MigrationError as refusal:
        _fail(str(refusal))
    print(f"Applied {', '.join(applied)}." if applied else "The database is up to date.")


@app.command()
def web() -> None:
    """The web process of the Procfile."""
    from server.logs import configure_logs
    from server.serve import serve

    settings = _connected()
    configure_logs(settings.log_json)
    serve(settings)


@app.command()
def worker() -> None:
    """The worker process of the Procfile."""
    _become("jobs.worker")


@app.command()
def rescue() -> None:
    """The rescue process of the Procfile."""
    _become("jobs.rescue")


@app.command()
def doctor() -> None:
    """What is set, what is reachable, what is wrong."""

    from server.doctor import examine

    async def report() -> bool:
        well = True
        async for finding in examine(_with_running(Settings())):
            print(f"{'ok   ' if finding.well else 'WRONG'}  {finding.sentence}")
            well = well and finding.well
        return well

    if not _await(report):
        raise typer.Exit(1)


@app.command()
def repair(
    yes: Annotated[bool, typer.Option("--yes", help="Do it; without it, only say what would be done.")] = False,
) -> None:
    """Find images that nobody has looked at in time; with --yes, wake or end them by the ordinary rules."""
    from server.wiring import open_dependencies, rules_of

    settings = _connected()

    stuck = _with_database(find_stuck)

    async def mend() -> None:
        async with open_dependencies(settings) as parts:
            await repair_stuck(parts.database, stuck, rules_of(settings))

    if yes and stuck:
        _await(mend)
    for one in stuck:
        action = "end it: its deadline has passed" if one.ends else "look at it again now"
        print(f"{one.image.id}  {one.image.status}, due since {one.since:%Y-%m-%d %H:%M:%S}Z: {action}")
    done = "were repaired" if yes else "are stuck; `atelier repair --yes` repairs them"
    print(f"{len(stuck)} images {done}." if stuck else "No image is stuck.")


@user.command("add")
def add_user(email: Email) -> None:
    """Add a person, with a workspace of their own, and print a sign-in link."""
    _check_email(email)
    _with_database(lambda database: sign_in.add_account(database, email))
    link_user(email)


@user.command("link")
def link_user(email: Email) -> None:
    """Print a sign-in link: good once, for 15 minutes."""
    settings = _connected()
    token = _with_database(lambda database: sign_in.make_link(database, email))
    if token is None:
        _fail(f"Nobody here has the address {email}: `atelier user add {email}` adds them.")
    print(f"{settings.base_url}/#token={token}")


@key.command("add")
def add_key(
    email: Email, name: Annotated[str, typer.Option(help="A name to recognise the key by.")] = "command line"
) -> None:
    """Make an API key for a person and print it, alone."""

    async def work(database: PostgresDatabase) -> str | None:
        account = await database.transact(lambda unit: unit.accounts.by_email(email))
        return (await sign_in.add_key(database, account, name))["secret"] if account else None

    secret = _with_database(work)
    if secret is None:
        _fail(f"Nobody here has the address {email}: `atelier user add {email}` adds them.")
    print(secret)


@queue.command("status")
def queue_status() -> None:
    """Say whether submits go on, and if not, why and what to do."""
    print(_with_database(read_standing).sentence)


@queue.command("pause")
def pause_queue() -> None:
    """Hold all submits, until they are resumed; what is at NanoBanana already is seen through."""
    changed = _tell_all(lambda database: hold_provider(database, True))
    print("Nothing more is submitted." if changed else "Nothing is submitted already.")


@queue.command("resume")
def resume_queue() -> None:
    """Let submits go on, and ask at once whether credits or the key are back, where that is why they do not."""
    changed = _tell_all(lambda database: hold_provider(database, False))
    print("The hold is lifted." if changed else "There was no hold.")
    queue_status()


@stream.command("renew")
def renew_stream(
    yes: Annotated[bool, typer.Option("--yes", help="Do it; without it, only say what would be done.")] = False,
) -> None:
    """After a backup was restored in place: with --yes, have every open page drop what it knows and fetch it afresh."""
    if yes:
        print(f"{_with_database(renew_streams)} streams were renewed: every open page fetches afresh what it shows.")
    else:
        count = _with_database(count_streams)
        print(f"{count} streams: every open page would fetch afresh; `atelier stream renew --yes` does it.")


def main() -> None:
    """The console script."""
    try:
        app()
    except (SettingsError, Unavailable) as refusal:
        _fail(str(refusal))
    except ValidationError as error:
        _fail("; ".join(f"{'.'.join(map(str, each['loc'])).upper()}: {each['msg']}" for each in error.errors()))
    except asyncpg.UndefinedTableError:
        _fail("The database is not up to date: run `atelier migrate`.")
    except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError) as error:
        _fail(f"PostgreSQL does not answer: {type(error).__name__}: {error}")


def _with_running(settings: Settings) -> Settings:
    """The settings, with the addresses of the instance that runs on the data folder where none are set."""
    run = find_running(settings.atelier_data)
    if run is None:
        return settings
    found: dict[str, object] = {}
    if settings.database_url is None:
        found["database_url"] = run.database_url
    if settings.redis_url is None:
        found["redis_url"] = run.redis_url
    if settings.nanobanana_simulator_url is None:
        found["nanobanana_simulator_url"] = run.simulator_url
    if "port" not in settings.model_fields_set:
        host, _, port = run.address.removeprefix("http://").rpartition(":")
        found.update(host=host.strip("[]"), port=int(port))
    return settings.model_copy(update=found)


def _connected() -> Settings:
    settings = _with_running(Settings())
    if settings.database_url is None:
        raise SettingsError("Atelier is not running here, and DATABASE_URL is unset: start it with `make run`.")
    if not readable(settings.database_url):
        raise SettingsError(UNREADABLE)
    return settings


def _with_database(work: Callable[[PostgresDatabase], Awaitable[T]]) -> T:
    settings = _connected()

    async def run() -> T:
        database = await _open(str(settings.database_url))
        try:
            return await work(database)
        finally:
            await database.disconnect()

    return _await(run)


async def _open(url: str) -> PostgresDatabase:
    from server.infra.database import PostgresDatabase

    database = PostgresDatabase(url, pool=1)
    await database.connect()
    return database


def _tell_all(work: Callable[[PostgresDatabase], Awaitable[T]]) -> T:
    """As `_with_database`, where workers and open pages are to hear of it at once."""
    from server.wiring import open_dependencies

    settings = _connected()

    async def run() -> T:
        async with open_dependencies(settings) as parts:
            return await work(parts.database)

    return _await(run)


def _await(work: Callable[[], Awaitable[T]]) -> T:
    async def run() -> T:
        return await work()

    return asyncio.run(run())


def _become(module: str) -> NoReturn:
    """Make way for another of the project's programs: it gets our process, so it also gets our signals."""
    import os

    os.execv(sys.executable, [sys.executable, "-m", module])


def _check_email(email: str) -> None:
    if not re.fullmatch(r"[^@\s]+@[^@\s]+", email) or len(email) > 254:
        _fail(f"{email!r} is not an address like name@example.org.")


def _fail(sentence: str) -> NoReturn:
    print(f"atelier: {sentence}", file=sys.stderr)
    raise SystemExit(1)


if __name__ == "__main__":
    main()
