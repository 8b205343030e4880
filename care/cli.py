"""The command `anban care`: serve the platform, keep its users, destroy what is old.

The server and the database are imported where they are used: `anban --help` must not wait for them.
"""
from __future__ import annotations

import logging
import os
import socket
import sys
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from care.security import MIN_ROBOT_TOKEN, ROLES
from robot.resources import data_dir

if TYPE_CHECKING:
    from care.database import Database

app = typer.Typer(name="care", no_args_is_help=True, rich_markup_mode=None, pretty_exceptions_enable=False, help="""
The caregivers' side: alarms on a live page, for a phone and for the ward's screen.

Examples:

  export ANBAN_ROBOT_TOKEN=$(python3 -c "import secrets; print(secrets.token_urlsafe(32))")

  anban care user add chen --display-name "Nurse Chen" --role nurse --password-stdin < password.txt

  anban care serve --host 0.0.0.0 --port 8080

  anban care purge --days 30
""")
user_app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="The people who may log in.")
app.add_typer(user_app, name="user")

DatabaseUrl = Annotated[str, typer.Option("--database-url", envvar="ANBAN_DATABASE_URL", show_default=False, help=(
    "sqlite:////path/care.sqlite3 or postgresql+psycopg://user:password@host/care; "
    "default: care.sqlite3 in Anban's data folder"))]


def _stop(message: str) -> NoReturn:
    print(message, file=sys.stderr)
    raise typer.Exit(1)


def _open(database_url: str) -> Database:
    from care.database import Database, DatabaseError
    try:
        return Database(database_url or f"sqlite:///{data_dir() / 'care.sqlite3'}")
    except DatabaseError as error:
        _stop(str(error))


@app.command()
def serve(host: Annotated[str, typer.Option(help="0.0.0.0 for the whole network")] = "127.0.0.1",
          port: Annotated[int, typer.Option(min=0, max=65535, help="0: any free one")] = 8080,
          database_url: DatabaseUrl = "",
          tls_certificate: Annotated[str, typer.Option(help="PEM file; with --tls-key the page is https")] = "",
          tls_key: Annotated[str, typer.Option(help="PEM file")] = "") -> None:
    """Serve the platform until stopped. Robots show the token of ANBAN_ROBOT_TOKEN.

    While nobody can log in yet, ANBAN_FIRST_USER ("name:password:display name") is added as a nurse.

    Example: ANBAN_ROBOT_TOKEN=... anban care serve --host 0.0.0.0 --port 8080
    """
    from care.platform import Platform, wall_time
    from care.server import serve as run
    from care.upkeep import UpkeepError, add_user, users
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)-7s %(message)s", stream=sys.stderr)
    logging.getLogger("alembic").setLevel(logging.WARNING)
    token = os.environ.get("ANBAN_ROBOT_TOKEN", "").strip()
    if len(token) < MIN_ROBOT_TOKEN:
        _stop(f"ANBAN_ROBOT_TOKEN must be set to a secret of at least {MIN_ROBOT_TOKEN} characters, the robots' own; "
              'make one with: python3 -c "import secrets; print(secrets.token_urlsafe(32))"')
    if bool(tls_certificate) != bool(tls_key):
        _stop("--tls-certificate and --tls-key go together")
    listening = _listen(host, port)
    database = _open(database_url)
    address, scheme = listening.getsockname(), "https" if tls_key else "http"
    shown_host = f"[{address[0]}]" if ":" in address[0] else address[0]
    first = os.environ.get("ANBAN_FIRST_USER", "")
    if first and not users(database):
        name, _, rest = first.partition(":")
        password, _, display_name = rest.partition(":")
        try:
            add_user(database, name, display_name, "nurse", password, wall_time())
        except UpkeepError as error:
            _stop(f"ANBAN_FIRST_USER: {error}")
    if not users(database):
        logging.warning("nobody can log in yet; add a user: anban care user add NAME --role nurse --password-stdin")
    logging.info("care platform on %s://%s:%s/ (%s)", scheme, shown_host, address[1], database.shown_url)
    try:
        run(Platform(database, token), listening, tls_certificate, tls_key)
    finally:
        database.close()
        logging.info("care platform stopped")


def _listen(host: str, port: int) -> socket.socket:
    """A listening socket, taken before anything else is started."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listening = socket.socket(family, kind, protocol)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(address)
        listening.listen(128)
        return listening
    except socket.gaierror:
        _stop(f"there is no address {host!r} here; use 127.0.0.1 for this machine alone or 0.0.0.0 for the network")
    except OSError as error:
        if error.errno == 98 or "in use" in str(error):
            _stop(f"port {port} is taken by another program; stop it (who: ss -ltnp 'sport = :{port}') or choose "
                  f"another port, e.g. anban care serve --port {port + 1 if port < 65535 else 8080}")
        if isinstance(error, PermissionError):
            _stop(f"port {port} is for the system alone; choose one above 1023, e.g. --port 8080")
        _stop(f"cannot listen on {host}:{port}: {error.strerror}; use 127.0.0.1 or 0.0.0.0")


@user_app.command("add")
def user_add(name: Annotated[str, typer.Argument(help="as in the site file, e.g. chen")],
             role: Annotated[str, typer.Option(help=", ".join(ROLES))] = "nurse",
             display_name: Annotated[str, typer.Option(help='as others read it, e.g. "Nurse Chen"')] = "",
             password_stdin: Annotated[bool, typer.Option("--password-stdin", help="read it from stdin")] = False,
             database_url: DatabaseUrl = "") -> None:
    """Add a user; one that exists gets the new password, role and name.

    Example: anban care user add chen --display-name "Nurse Chen" --role nurse --password-stdin < password.txt
    """
    from care.platform import wall_time
    from care.upkeep import UpkeepError, add_user
    if password_stdin:
        password = sys.stdin.readline().rstrip("\r\n")
    elif sys.stdin.isatty():
        password = typer.prompt("Password", hide_input=True, confirmation_prompt=True)
    else:
        _stop("give the password on standard input with --password-stdin")
    database = _open(database_url)
    try:
        is_new = add_user(database, name, display_name, role, password, wall_time())
    except UpkeepError as error:
        _stop(str(error))
    print(f"user {name} ({role}) {'added' if is_new else 'changed; open sessions are ended'}")


@user_app.command("list")
def user_list(database_url: DatabaseUrl = "") -> None:
    """Show all users."""
    from rich.console import Console
    from rich.table import Table

    from care.upkeep import users
    table = Table("name", "display name", "role", "may log in", box=None)
    for user in users(_open(database_url)):
        table.add_row(user.name, user.display_name, user.role, "no" if user.disabled else "yes")
    Console().print(table)


@user_app.command("disable")
def user_disable(name: str, database_url: DatabaseUrl = "") -> None:
    """Close an account and end its sessions; `user add` opens it again."""
    from care.platform import wall_time
    from care.upkeep import UpkeepError, disable_user
    try:
        disable_user(_open(database_url), name, wall_time())
    except UpkeepError as error:
        _stop(str(error))
    print(f"user {name} disabled")


@app.command("purge")
def purge_old(days: Annotated[float, typer.Option(help="keep what was touched within so many days")],
              database_url: DatabaseUrl = "") -> None:
    """Destroy old pictures, resolved alarms, readings, doses and room events; the audit trail keeps a note of it.

    Example, each night by cron: anban care purge --days 30
    """
    from care.platform import wall_time
    from care.upkeep import UpkeepError, purge
    try:
        print("destroyed:", purge(_open(database_url), days, wall_time()))
    except UpkeepError as error:
        _stop(str(error))


if __name__ == "__main__":
    app()
