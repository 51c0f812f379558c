"""An embedded PostgreSQL: made once, kept in one folder, listening on the loopback only."""

import hashlib
import hmac
import os
import re
import secrets
import shutil
import signal
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote

from core.errors import ConfigurationError
from somel.embedded.bundle import Bundle
from somel.embedded.places import Account, give, private_folder
from somel.embedded.process import ServerProcess, replace_text, run_as
from somel.embedded.server import Server
from somel.embedded.tuning import ClusterTuning

SUPERUSER = "somel"
DATABASE = "somel"
_STATUS_LINE = 7  # of postmaster.pid
_LONGEST_SOCKET_FOLDER = 80  # a socket's path has room for 107 bytes, its name takes 17
_PAUSE_S = 0.3
# Passwords are 256 random bits, which no number of rounds makes harder to guess; 4,096 take 8 ms a connection.
_HASTILY = ("--no-sync", "-c", "scram_iterations=1")
# A killed server's children need a moment to notice; a port may have been taken since.
_PASSING = re.compile(
    r"pre-existing shared memory block|lock file .* already exists|could not create any TCP/IP sockets"
)


class Cluster(Server):
    """Run one PostgreSQL server.

    Parameters
    ----------
    folder : Path
        Holds the data folder, the log, the port and the password; of mode 700, owned by `account`.
    bundle : Bundle
        Where the programs are; complete.
    account : Account or None
        Who runs it; None is the caller. PostgreSQL refuses root.
    tuning : ClusterTuning
        Its settings, written anew at each start.
    tied : bool, default False
        End with the thread that starts it.
    """

    _NAME = "PostgreSQL"
    _FIRST_PORT = 20_000
    _READY_WITHIN_S = 300.0  # recovery after a crash reads up to max_wal_size
    _STOP_WITHIN_S = 60.0
    _ATTEMPTS = 20
    _TIED = "QUIT"

    def __init__(
        self, folder: Path, bundle: Bundle, account: Account | None, tuning: ClusterTuning, *, tied: bool = False
    ) -> None:
        politely = signal.SIGINT if tuning.durable else signal.SIGQUIT
        super().__init__(folder, bundle, account, data="data", politely=politely, tied=tied)
        self._tuning = tuning

    @property
    def socket_folder(self) -> Path:
        """Where the Unix socket is."""
        inside = self.folder / "run"
        if len(os.fsencode(inside)) <= _LONGEST_SOCKET_FOLDER:
            return inside
        return Path("/tmp") / f"somel-{hashlib.sha256(os.fsencode(self.folder)).hexdigest()[:12]}"  # noqa: S108

    def url(self, role: str = SUPERUSER, database: str = DATABASE) -> str:
        """Return the connection URL of `role`; roles other than the superuser need `enable_logins` first."""
        return f"postgresql://{quote(role)}:{self._password(role)}@127.0.0.1:{self.port}/{quote(database)}"

    def stop(self) -> None:
        """Stop the server, breaking off open transactions; nothing happens when it does not run."""
        super().stop()
        if not self.socket_folder.is_relative_to(self.folder):
            shutil.rmtree(self.socket_folder, ignore_errors=True)

    def enable_logins(self, *roles: str) -> None:
        """Give each existing role a password of its own, the one that `url` returns, and the right to log in."""
        lines = [f"ALTER ROLE \"{role}\" LOGIN PASSWORD '{self._password(role)}';" for role in roles]
        self.run_sql("\n".join(lines))

    def run_sql(self, sql: str, *, role: str = SUPERUSER, database: str = DATABASE) -> str:
        """Run `sql` with the bundle's own psql, statement by statement, and return its bare output.

        Raises
        ------
        ConfigurationError
            When PostgreSQL refuses it.
        """
        where = {"PGHOST": "127.0.0.1", "PGPORT": str(self.port), "PGUSER": role, "PGDATABASE": database}
        secret = {"PGPASSWORD": self._password(role)}
        run = self._run("psql", "-XqAt", "-v", "ON_ERROR_STOP=1", "-f", "-", text=sql, extra={**where, **secret})
        if run.returncode != 0:
            raise ConfigurationError("embedded_sql_refused", f"PostgreSQL refused: {run.stderr.strip()}")
        return run.stdout.strip()

    def _answers(self, process: ServerProcess) -> bool:
        lines = self._postmaster_file()
        return len(lines) > _STATUS_LINE and lines[0] == str(process.pid) and lines[_STATUS_LINE].strip() == "ready"

    def _clears_the_way(self, said: str) -> bool:
        if not _PASSING.search(said):
            return False
        if "TCP/IP" in said:
            self._choose_port()
        time.sleep(_PAUSE_S)
        return True

    def _prepare(self) -> None:
        super()._prepare()
        if not (self.folder / "secret").exists():
            replace_text(self.folder / "secret", secrets.token_hex(32))
        private_folder(self.socket_folder, self._account)
        if not self.data.exists():
            self._make_data_folder()

    def _make_data_folder(self) -> None:
        new = self.folder / "data.new"
        shutil.rmtree(new, ignore_errors=True)
        private_folder(new, self._account)
        password = self.folder / "password.new"
        replace_text(password, self._password(SUPERUSER))
        give(password, self._account)
        arguments = ["-D", str(new), "-U", SUPERUSER, "-A", "scram-sha-256", f"--pwfile={password}", "-E", "UTF8"]
        arguments += ["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        hasty = not self._tuning.durable
        self._must("initdb", *arguments, *(_HASTILY if hasty else []))
        password.unlink()
        with (new / "postgresql.conf").open("a") as stream:
            stream.write("include_if_exists 'somel.conf'\n")
        self._must(
            "postgres",
            "--single",
            *(["-F"] if hasty else []),
            "-D",
            str(new),
            "postgres",
            text=f"CREATE DATABASE {DATABASE}\n",
        )
        new.rename(self.data)

    def _configuration(self) -> tuple[Path, str]:
        settings = {
            "listen_addresses": "127.0.0.1",
            "port": str(self.port),
            "unix_socket_directories": str(self.socket_folder),
            **self._tuning.parameters,
        }
        return self.data / "somel.conf", "".join(f"{name} = '{value}'\n" for name, value in settings.items())

    def _command(self) -> list[str]:
        return [str(self._bundle.program("postgres")), "-D", str(self.data)]

    def _adopted(self) -> ServerProcess | None:
        """Adopt a server of ours that lost its record; forget a file whose process id is another program's now."""
        lines = self._postmaster_file()
        process = ServerProcess.of(int(lines[0])) if lines else None
        if process is None:
            return None
        if os.fsencode(self.data) in process.command():
            process.record(self._record)
            return process
        (self.data / "postmaster.pid").unlink()
        return None

    def _postmaster_file(self) -> list[str]:
        try:
            return (self.data / "postmaster.pid").read_text().splitlines()
        except FileNotFoundError:
            return []

    def _password(self, role: str) -> str:
        secret = (self.folder / "secret").read_text()
        return hmac.new(secret.encode(), role.encode(), hashlib.sha256).hexdigest()

    def _environment(self) -> dict[str, str]:
        return {**super()._environment(), "PROJ_DATA": str(self._bundle.path / "usr/share/proj")}

    def _must(self, program: str, *arguments: str, text: str = "") -> None:
        run = self._run(program, *arguments, text=text)
        if run.returncode != 0:
            raise ConfigurationError(
                "embedded_postgresql_failed", f"{program} failed: {(run.stderr or run.stdout).strip()}", program=program
            )

    def _run(
        self, program: str, *arguments: str, text: str, extra: Mapping[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*run_as(self._account), str(self._bundle.program(program)), *arguments],
            input=text,
            capture_output=True,
            text=True,
            check=False,
            cwd="/",
            env={**self._environment(), **(extra or {})},
        )
