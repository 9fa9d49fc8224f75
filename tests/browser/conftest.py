"""A real Chromium against the real production server, both started once for all stories."""

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.browser.served import Server, serve
from tests.browser.visitor import Visitor

FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"]
NAMES = ("chromium", "chromium-browser", "google-chrome")
CHROMIUM = next((path for name in NAMES if (path := shutil.which(name))), None)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker("browser")


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    if CHROMIUM is None:
        pytest.skip("!!! NO CHROMIUM HERE: the browser stories were not run !!!")
    home = tmp_path_factory.mktemp("chromium")
    environ = {**os.environ, "HOME": str(home), "XDG_RUNTIME_DIR": str(home)}
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=CHROMIUM, args=FLAGS, env=environ, timeout=120_000
        )
        yield chromium
        chromium.close()


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory, browser: Browser) -> Iterator[Server]:
    """A forum after its first start: the founder, and the thread of the seed page."""
    served, process = serve(tmp_path_factory.mktemp("served"))
    yield served
    served.forum.database.dispose()
    process.terminate()
    try:
        process.wait(30)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


@pytest.fixture
def visit(browser: Browser, server: Server) -> Iterator[Callable[..., Visitor]]:
    """Open a window: `visit(scripts=False)`, `visit(width=390)`. Afterwards no browser has complained."""
    opened: list[Visitor] = []

    def open_window(*, scripts: bool = True, width: int = 1280) -> Visitor:
        context = browser.new_context(
            java_script_enabled=scripts,
            locale="zh-CN",
            timezone_id="Asia/Shanghai",
            viewport={"width": width, "height": 900},
            permissions=["clipboard-read", "clipboard-write"],
        )
        context.set_default_timeout(15_000)
        visitor = Visitor(context, context.new_page(), server)
        opened.append(visitor)
        return visitor

    yield open_window
    for visitor in opened:
        visitor.context.close()
    assert [fault for visitor in opened for fault in visitor.faults] == []


@pytest.fixture(params=[True, False], ids=["scripts", "no-scripts"])
def window(request: pytest.FixtureRequest, visit: Callable[..., Visitor]) -> Visitor:
    """A window, once with JavaScript and once without."""
    return visit(scripts=request.param)
