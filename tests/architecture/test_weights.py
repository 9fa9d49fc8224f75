"""Are the pages as light as promised? Styles 18 kB, a guest's scripts 5 kB, both gzipped."""

import gzip
import re

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.factories import Forum
from tests.walking import build

PAGES = ("/", "/forum-2-1.html", "/thread-<int:thread_id>-1-1.html", "/guide/hot", "/search", "/login", "/register")  # fmt: skip


def weight(client: FlaskClient, path: str) -> int:
    with client.get(path, headers={"Accept-Encoding": "identity"}) as answer:
        assert answer.status_code == 200, path
        return len(gzip.compress(answer.data, 9))


def guest_pages(app: Flask, forum: Forum) -> list[str]:
    world = build(forum)
    return [app.test_client().get(world.address(page)).text for page in PAGES]


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_one_file_of_styles_of_18_kb(app: Flask, forum: Forum) -> None:
    for page in guest_pages(app, forum):
        styles = re.findall(r'<link rel="stylesheet" href="([^"]+)"', page)
        assert len(styles) == 1
        assert weight(app.test_client(), styles[0]) <= 18_000


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_a_guest_loads_at_most_5_kb_of_scripts(app: Flask, forum: Forum) -> None:
    for page in guest_pages(app, forum):
        (script,) = re.findall(r'<script type="module" src="([^"]+)"', page)
        modules = {name for names in re.findall(r'data-module="([^"]+)"', page) for name in names.split()}  # fmt: skip
        folder = script.rpartition("/")[0]
        loaded = [script, *(f"{folder}/modules/{name}.js" for name in modules)]
        assert sum(weight(app.test_client(), path) for path in loaded) <= 5_000, modules
