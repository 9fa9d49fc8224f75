"""The report's page."""

from forum.models import Report, Thread
from tests.acting import csrf_token, log_in


def test_a_member_reports_a_post(client, forum):
    thread_id = forum.thread()
    with forum.read() as s:
        post_id = s.get_one(Thread, thread_id).first_post_id
    log_in(client, forum, forum.member())
    form = client.get(f"/post-{post_id}/report")
    assert form.status_code == 200
    for words in ("广告垃圾", "违规内容", "恶意灌水", "重复发帖", "其他"):
        assert words in form.text

    token = csrf_token(client, f"/post-{post_id}/report")
    wrong = client.post(
        f"/post-{post_id}/report", data={"csrf_token": token, "reason": "other", "text": ""}
    )
    assert wrong.status_code == 422
    answer = client.post(
        f"/post-{post_id}/report", data={"csrf_token": token, "reason": "spam", "text": "卖药的"}
    )
    assert (answer.status_code, answer.location) == (303, f"/post-{post_id}.html")
    with forum.read() as s:
        assert s.query(Report).count() == 1


def test_guests_are_asked_to_log_in(client, forum):
    thread_id = forum.thread()
    with forum.read() as s:
        post_id = s.get_one(Thread, thread_id).first_post_id

    assert client.get(f"/post-{post_id}/report").status_code == 403
