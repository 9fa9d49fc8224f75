"""The report's page, and what the reporter hears."""

import pytest

from forum.commands.message_reports import handle_message_report, report_message
from forum.commands.messages import send_message
from forum.commands.report_handling import handle_report
from forum.commands.reports import report_post
from forum.core.uow import unit_of_work
from forum.models import MessageReport, Report, ReportState, Thread
from tests.acting import csrf_token, log_in
from tests.factories import FOUNDER_ID


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


@pytest.mark.parametrize(
    ("outcome", "heard", "unheard"),
    [(ReportState.UPHELD, "属实", "没有违规"), (ReportState.REJECTED, "没有违规", "属实")],
)
@pytest.mark.parametrize("about", ["post", "message"])
def test_the_reporter_hears_whether_the_report_was_right(
    client, forum, about, outcome, heard, unheard
):
    reporter, other = forum.member("举报人"), forum.member("被举报人")
    thread_id = forum.thread(other)
    founder = forum.actor(FOUNDER_ID)
    if about == "post":
        with unit_of_work(forum.database) as uow:
            post_id = uow.session.get_one(Thread, thread_id).first_post_id
            report_post(uow, forum.actor(reporter), post_id=post_id, reason="spam")
        with unit_of_work(forum.database) as uow:
            report_id = uow.session.query(Report.id).scalar()
            handle_report(uow, founder, report_id=report_id, outcome=outcome)
    else:
        with unit_of_work(forum.database) as uow:
            sent = send_message(uow, forum.actor(other), recipient_id=reporter, source="加我微信")
            report_message(
                uow, forum.actor(reporter), member_id=other, message_id=sent, reason="spam"
            )
            report_id = uow.session.query(MessageReport.id).scalar()
            handle_message_report(uow, founder, report_id=report_id, outcome=outcome)
    log_in(client, forum, reporter)

    page = client.get("/notices").text

    assert heard in page
    assert unheard not in page
