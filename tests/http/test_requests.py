"""Do NULs and numbers beyond all bounds, which only hostile programs send, come to nothing?"""

import pytest
from flask import Flask
from flask.testing import FlaskClient

from forum.http.requests import MOST, CleanRequest, number_in
from tests.acting import log_in
from tests.factories import FIRST_BOARD_ID, Forum


def asked(query: str, **form: str) -> CleanRequest:
    return CleanRequest.from_values(query_string=query, method="POST", data=form)


def test_no_field_holds_a_nul() -> None:
    request = asked("a%00=b%00c&a=%00", d="e\0f", g="普通\n的话")

    assert request.args.to_dict(flat=False) == {"a": ["bc", ""]}
    assert request.form.to_dict() == {"d": "ef", "g": "普通\n的话"}
    assert request.values["d"] == "ef"


@pytest.mark.parametrize(
    ("typed", "number"),
    [("7", 7), (str(MOST), MOST), (str(MOST + 1), None), ("-1", None), ("0", None), ("9" * 40, None), ("x", None)],
)  # fmt: skip
def test_a_number_fits_both_databases(typed: str, number: int | None) -> None:
    assert number_in(asked(f"n={typed}").args, "n") == number


HUGE = "9" * 23


@pytest.mark.parametrize(
    "path",
    [
        "/space-username-a%00b.html", "/space-username-%00.html", "/tag/a%00b", "/login?next=%00",
        "/messages/new?to=%00", f"/thread-{{thread}}/reply?quote={HUGE}", f"/thread-{{thread}}/reply?quote=-{HUGE}",
        f"/messages?before={HUGE}", f"/notices?before=-{HUGE}",
    ],
)  # fmt: skip
def test_no_page_breaks(client: FlaskClient, forum: Forum, path: str) -> None:
    log_in(client, forum, forum.member())

    assert client.get(path.format(thread=forum.thread())).status_code in (200, 303, 404)


@pytest.mark.parametrize(
    ("path", "fields"),
    [
        ("/messages/new", {"to": "\0甲\0", "source": "你好啊，甲", "submission_key": "k\0"}),
        ("/messages/settings/block", {"to": "\0"}),
        (f"/forum-{FIRST_BOARD_ID}/new", {"title": "标题够长", "source": "正文\0也够长的", "submission_key": "\0k"}),
        ("/thread-{thread}/reply", {"source": "回复\0也够长的", "submission_key": "\0k"}),
        ("/messages/1/read", {"up_to": HUGE}),
        ("/messages/1/read", {"up_to": f"-{HUGE}"}),
        ("/notices", {"up_to": HUGE}),
        ("/notices", {"up_to": f"-{HUGE}"}),
    ],
)  # fmt: skip
def test_no_form_breaks(
    app: Flask, client: FlaskClient, forum: Forum, path: str, fields: dict[str, str]
) -> None:
    app.config["WTF_CSRF_ENABLED"] = False
    forum.member("甲")
    log_in(client, forum, forum.member())

    sent = client.post(path.format(thread=forum.thread()), data=fields)

    assert sent.status_code in (303, 422)
