"""浏览过的版块 on the page of a thread: each member's own, the latest first."""

from datetime import timedelta

from flask import Flask
from flask.testing import FlaskClient

from forum.core.uow import unit_of_work
from forum.models import BoardVisit
from tests.acting import log_in
from tests.factories import FIRST_BOARD_ID, Forum


def visit(forum: Forum, member_id: int, *board_ids: int) -> None:
    with unit_of_work(forum.database) as uow:
        for minutes, board_id in enumerate(board_ids):
            at = uow.now - timedelta(minutes=minutes)
            uow.session.add(BoardVisit(member_id=member_id, board_id=board_id, seen_at=at))


def listed(client: FlaskClient, path: str) -> list[str]:
    part = client.get(path).text.partition('id="visited"')[2].partition("</section>")[0]
    return [link.partition(">")[2].partition("<")[0] for link in part.split("href=")[1:]]


def test_each_member_sees_the_boards_visited(forum: Forum, app: Flask) -> None:
    thread_id = forum.thread(replies=1)
    path = f"/thread-{thread_id}-1-1.html"
    boards = [forum.board(f"去过的{number:02d}") for number in range(13)]
    secret = forum.board("版主议事", viewers=(1,))
    first, second = forum.member("李雷"), forum.member("韩梅梅")
    visit(forum, first, FIRST_BOARD_ID, boards[3], secret, boards[1])
    visit(forum, second, *boards)
    clients = []
    for member_id in (first, second, forum.member("没去过的")):
        client = app.test_client()
        log_in(client, forum, member_id)
        clients.append(client)

    shown = [listed(client, path) for client in clients for _ in range(2)]

    assert shown[0] == shown[1] == ["去过的03", "去过的01"]
    assert shown[2] == shown[3] == [f"去过的{number:02d}" for number in range(10)]
    assert shown[4] == shown[5] == []


def test_a_guests_browser_keeps_its_own_list(forum: Forum, client: FlaskClient) -> None:
    text = client.get(f"/thread-{forum.thread()}-1-1.html").text

    assert 'data-module="visited-boards"' in text
    assert "浏览过的版块" in text
