"""How is this installation configured? `FORUM_*` variables, and a file of them in the data folder."""

import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

FILE_NAME = "louceng.conf"


class ConfigError(Exception):
    """One clear line naming the variable that is wrong."""


@dataclass(frozen=True)
class Config:
    """The configuration, checked. See README.md for the meaning of each variable."""

    data_dir: Path
    database_url: str
    secret_key: str
    read_database_url: str | None = None
    redis_url: str | None = None
    base_url: str | None = None
    trusted_hosts: tuple[str, ...] = ()
    trusted_proxies: tuple[IPv4Network | IPv6Network, ...] = ()
    mail_url: str = "file:"
    page_cache: bool = True
    is_testing: bool = False

    @property
    def uses_https(self) -> bool:
        return bool(self.base_url and self.base_url.startswith("https:"))


def load_config(environ: Mapping[str, str] | None = None) -> Config:
    """Read the environment, then the file; make the data folder and the secret key when absent.

    :raises ConfigError: a value is wrong; the message is one line and names the variable.
    """
    environ = os.environ if environ is None else environ
    data_dir = Path(environ.get("FORUM_DATA_DIR") or "instance").absolute()
    try:
        data_dir.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigError(f"FORUM_DATA_DIR: cannot make {data_dir}: {error.strerror}") from error
    values = {**_read_file(data_dir / FILE_NAME), **environ}
    known = {name: value for name, value in values.items() if name.startswith("FORUM_") and value}
    database_url = _database_url(
        "FORUM_DATABASE_URL",
        known.get("FORUM_DATABASE_URL") or f"sqlite:///{data_dir / 'louceng.db'}",
    )
    return Config(
        data_dir=data_dir,
        database_url=database_url,
        read_database_url=_replica_url(known.get("FORUM_READ_DATABASE_URL"), database_url),
        secret_key=_secret_key(data_dir, known.get("FORUM_SECRET_KEY")),
        redis_url=_redis_url(known.get("FORUM_REDIS_URL")),
        base_url=_base_url(known.get("FORUM_BASE_URL")),
        trusted_hosts=_words(known.get("FORUM_TRUSTED_HOSTS", "")),
        trusted_proxies=_networks(known.get("FORUM_TRUSTED_PROXIES", "")),
        mail_url=_mail_url(known.get("FORUM_MAIL_URL", "file:")),
        page_cache=_switch("FORUM_PAGE_CACHE", known.get("FORUM_PAGE_CACHE", "on")),
    )


def _read_file(path: Path) -> dict[str, str]:
    if not path.exists():
        return {}
    values: dict[str, str] = {}
    for number, line in enumerate(path.read_text("utf-8").splitlines(), start=1):
        line = line.strip()
        if not line or line.startswith("#"):
            continue
        name, separator, value = line.partition("=")
        if not separator or not name.strip().startswith("FORUM_"):
            raise ConfigError(f"{FILE_NAME} line {number}: expected FORUM_NAME=value")
        values[name.strip()] = value.strip()
    return values


def _database_url(variable: str, value: str) -> str:
    try:
        url = make_url(value)
    except (ArgumentError, ValueError) as error:
        raise ConfigError(f"{variable}: not a database address") from error
    if url.drivername == "postgresql":
        url = url.set(drivername="postgresql+psycopg")
    if url.drivername not in ("sqlite", "sqlite+pysqlite", "postgresql+psycopg"):
        raise ConfigError(
            f"{variable}: {url.drivername} is not supported; use sqlite:/// or postgresql+psycopg://"
        )
    if url.get_backend_name() == "sqlite":
        if not url.database or url.database == ":memory:":
            raise ConfigError(f"{variable}: SQLite needs a file")
        if not Path(url.database).absolute().parent.is_dir():
            raise ConfigError(f"{variable}: the folder of {url.database} does not exist")
    return url.render_as_string(hide_password=False)


def _replica_url(value: str | None, database_url: str) -> str | None:
    if value is None:
        return None
    url = _database_url("FORUM_READ_DATABASE_URL", value)
    if any(make_url(one).get_backend_name() == "sqlite" for one in (url, database_url)):
        raise ConfigError("FORUM_READ_DATABASE_URL: only PostgreSQL has replicas")
    return url


def _secret_key(data_dir: Path, given: str | None) -> str:
    if given:
        if len(given) < 32:
            raise ConfigError("FORUM_SECRET_KEY: needs at least 32 characters")
        return given
    path = data_dir / "secret_key"
    try:
        # Exclusive creation: of several processes starting at once, one makes the key.
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        key = path.read_text("ascii", errors="replace").strip()
        if len(key) < 32:
            raise ConfigError(f"FORUM_SECRET_KEY: {path} holds no key") from None
        return key
    except OSError as error:
        raise ConfigError(f"FORUM_DATA_DIR: cannot write {path}: {error.strerror}") from error
    key = secrets.token_hex(32)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(key)
    return key


def _base_url(value: str | None) -> str | None:
    if value is None:
        return None
    parts = _split("FORUM_BASE_URL", value)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
        raise ConfigError("FORUM_BASE_URL: expected http(s)://host[:port]")
    if parts.path not in ("", "/"):
        raise ConfigError(
            "FORUM_BASE_URL: the forum lives at the root of a host; leave the path out"
        )
    return value.rstrip("/")


def _redis_url(value: str | None) -> str | None:
    if value is None:
        return None
    parts = _split("FORUM_REDIS_URL", value)
    if parts.scheme not in ("redis", "rediss", "unix") or not (parts.hostname or parts.path):
        raise ConfigError("FORUM_REDIS_URL: expected redis://host:port/number")
    return value


def _mail_url(value: str) -> str:
    parts = _split("FORUM_MAIL_URL", value)
    if parts.scheme not in ("file", "smtp", "smtps"):
        raise ConfigError("FORUM_MAIL_URL: expected smtp://, smtps:// or file:")
    if parts.scheme != "file" and not parts.hostname:
        raise ConfigError("FORUM_MAIL_URL: names no host")
    return value


def _split(variable: str, value: str) -> SplitResult:
    try:
        parts = urlsplit(value)
        _ = parts.port  # a wrong one is found only when it is asked for
    except ValueError as error:
        raise ConfigError(f"{variable}: not an address ({error})") from error
    return parts


def _switch(variable: str, value: str) -> bool:
    if value not in ("on", "off"):
        raise ConfigError(f"{variable}: expected on or off")
    return value == "on"


def _words(value: str) -> tuple[str, ...]:
    return tuple(word for word in value.replace(",", " ").split() if word)


def _networks(value: str) -> tuple[IPv4Network | IPv6Network, ...]:
    networks = []
    for word in _words(value):
        try:
            networks.append(ip_network(word, strict=False))
        except ValueError as error:
            raise ConfigError(
                f"FORUM_TRUSTED_PROXIES: {word} is not an address or a network"
            ) from error
    return tuple(networks)
