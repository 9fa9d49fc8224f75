"""The thread page as visitors see it."""

from flask.testing import FlaskClient

from tests.factories import Forum


def test_a_guest_reads_a_thread(forum: Forum, client: FlaskClient) -> None:
    thread_id = forum.thread(replies=12, view_count=40)

    answer = client.get(f"/thread-{thread_id}-1-1.html")

    assert answer.status_code == 200
    assert "旧笔记本升级记录" in answer.text
    assert "Set-Cookie" not in answer.headers
