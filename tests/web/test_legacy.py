"""Old addresses lead where their pages are today."""

from urllib.parse import quote

import pytest
from flask.testing import FlaskClient

from tests.factories import Forum

TABLE = [
    line.split()
    for line in """
    forum.php                                                              /
    forum.php?mod=nonsense                                                 /
    forum.php?gid=1                                                        /category-1.html
    forum.php?mod=forumdisplay&fid=2                                       /forum-2-1.html
    forum.php?mod=forumdisplay&fid=2&page=3                                /forum-2-3.html
    forum.php?mod=forumdisplay&fid=2&filter=typeid&typeid=4                /forum-2-1.html?type=4
    forum.php?mod=forumdisplay&fid=2&filter=digest&digest=1                /forum-2-1.html?digest=1
    forum.php?mod=forumdisplay&fid=2&filter=heat&orderby=heats             /forum-2-1.html?order=heat
    forum.php?mod=forumdisplay&fid=2&filter=author&orderby=dateline        /forum-2-1.html?order=created
    forum.php?mod=forumdisplay&fid=2&filter=reply&orderby=views            /forum-2-1.html?order=views
    forum.php?mod=forumdisplay&fid=2&filter=dateline&dateline=604800       /forum-2-1.html?within=604800
    forum.php?mod=forumdisplay                                             /
    forum.php?mod=viewthread&tid=5                                         /thread-5-1-1.html
    forum.php?mod=viewthread&amp;tid=5&amp;page=2                          /thread-5-2-1.html
    forum.php?mod=viewthread&tid=5&extra=page%3D3&page=2                   /thread-5-2-3.html
    forum.php?mod=viewthread&tid=5&page=1&authorid=7                       /thread-5-1-1.html?author=7
    forum.php?mod=viewthread&tid=5&extra=&ordertype=1                      /thread-5-1-1.html?order=newest
    forum.php?mod=viewthread&tid=5&ordertype=2&fromuid=9&mobile=2          /thread-5-1-1.html?order=oldest
    forum.php?mod=viewthread&action=printable&tid=5                        /thread-5/print
    forum.php?mod=redirect&goto=findpost&ptid=5&pid=12&fromuid=3           /post-12.html
    forum.php?mod=redirect&goto=findpost&ptid=5&pid=0                      /thread-5-1-1.html
    forum.php?mod=redirect&ptid=5&authorid=0&postno=8                      /thread-5/floor?floor=8
    forum.php?mod=redirect&goto=lastpost&tid=5                             /thread-5/last
    forum.php?mod=redirect&tid=5&goto=lastpost&lang=en                     /thread-5/last?lang=en
    forum.php?mod=redirect&goto=nextoldset&tid=5                           /thread-5/older
    forum.php?mod=redirect&goto=nextnewset&tid=5                           /thread-5/newer
    forum.php?mod=post&action=newthread&fid=2&special=1                    /forum-2/new
    forum.php?mod=post&action=reply&fid=2&tid=5&extra=&page=1              /thread-5/reply
    forum.php?mod=post&action=reply&fid=2&tid=5&repquote=12                /thread-5/reply?quote=12
    forum.php?mod=post&action=edit&fid=2&tid=5&pid=12&page=1               /post-12/edit
    forum.php?mod=misc&action=rate&tid=5&pid=12                            /post-12.html
    forum.php?mod=misc&action=recommend&do=add&tid=5                       /thread-5-1-1.html
    forum.php?mod=misc&action=viewthreadmod&tid=5                          /thread-5/history
    forum.php?mod=topicadmin&action=moderate&fid=2&tid=5                   /thread-5-1-1.html
    forum.php?mod=modcp&fid=2                                              /forum-2-1.html
    forum.php?mod=guide&view=sofa                                          /guide/sofa
    forum.php?mod=guide                                                    /guide/hot
    forum.php?mod=announcement&id=3#3                                      /announcements/3
    forum.php?mod=rss&fid=2&auth=0                                         /forum-2.rss
    forum.php?mod=rss                                                      /index.rss
    forum.php?mobile=yes                                                   /
    home.php?mod=space&uid=7                                               /space-uid-7.html
    home.php?mod=space&uid=7&do=thread&type=thread&view=me&from=space      /space-uid-7.html
    home.php?mod=space&do=notice&view=mypost                               /notices
    home.php?mod=space&do=favorite&type=thread                             /favorites
    home.php?mod=spacecp                                                   /settings
    home.php?mod=spacecp&ac=avatar                                         /settings/avatar
    home.php?mod=spacecp&ac=profile&op=password                            /settings/password
    home.php?mod=spacecp&ac=credit&op=base                                 /points
    home.php?mod=spacecp&ac=credit&op=rule&fid=2                           /points/rules?board=2
    home.php?mod=spacecp&ac=favorite&type=thread&id=5&formhash=1           /thread-5-1-1.html
    member.php?mod=register                                                /register
    member.php?mod=logging&action=login                                    /login
    member.php?mod=logging&action=login&viewlostpw=1                       /lost-password
    member.php?mod=logging&action=logout&formhash=1                        /
    misc.php?mod=report&rtype=post&rid=12&tid=5&fid=2                      /post-12/report
    misc.php?mod=faq                                                       /
    search.php?mod=forum&srchtxt=discuz&searchsubmit=yes                   /search?q=discuz
    index.php                                                              /
    index.php?7                                                            /space-uid-7.html
    ?7                                                                     /space-uid-7.html
    viewthread.php?tid=5&page=2                                            /thread-5-2-1.html
    forumdisplay.php?fid=2&page=4                                          /forum-2-4.html
    space.php?uid=7                                                        /space-uid-7.html
    redirect.php?goto=findpost&ptid=5&pid=12                               /post-12.html
    archiver/                                                              /
    archiver/?tid-5.html                                                   /thread-5-1-1.html
    archiver/?tid-5.html&page=2                                            /thread-5-2-1.html
    archiver/?fid-2.html                                                   /forum-2-1.html
    archiver/tid-5.html                                                    /thread-5-1-1.html
    archiver/fid-2.html?page=3                                             /forum-2-3.html
    """.strip().splitlines()
]


def test_every_old_address_has_one_new_one(client: FlaskClient) -> None:
    for old, new in TABLE:
        answer = client.get(f"/{old}")

        assert (answer.status_code, answer.headers["Location"]) == (301, new), old
        assert "Set-Cookie" not in answer.headers


@pytest.mark.parametrize(
    "old",
    [
        "forum.php?mod=viewthread",
        "forum.php?mod=viewthread&tid=abc",
        "forum.php?mod=viewthread&tid=99999999999999999999",
        "forum.php?mod=viewthread&tid=-1",
        "forum.php?mod=redirect&goto=lastpost",
        "forum.php?mod=attachment&aid=Mnwx",
        "home.php?mod=space&username=nobody",
    ],
)
def test_an_old_address_without_its_thing_is_gone(client: FlaskClient, old: str) -> None:
    assert client.get(f"/{old}").status_code == 404


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
def test_members_are_found_by_name(forum: Forum, client: FlaskClient, encoding: str) -> None:
    member_id = forum.member("陈独秀")
    name = quote("陈独秀".encode(encoding))

    answer = client.get(f"/home.php?mod=space&username={name}")

    assert answer.headers["Location"] == f"/space-uid-{member_id}.html"


def test_names_stand_in_rewritten_addresses_too(forum: Forum, client: FlaskClient) -> None:
    member_id = forum.member("陈独秀")

    answer = client.get(f"/space-username-{quote('陈独秀')}.html")

    assert answer.headers["Location"] == f"/space-uid-{member_id}.html"


def test_searches_keep_their_words(client: FlaskClient) -> None:
    answer = client.get("/search.php?mod=forum&srchtxt=%BB%EE%B6%AF&searchsubmit=true")

    assert answer.headers["Location"] == f"/search?q={quote('活动')}"


def test_an_old_address_never_leads_elsewhere(client: FlaskClient) -> None:
    for old in (
        "forum.php?mod=viewthread&tid=5&extra=//evil.example",
        "forum.php?mod=guide&view=//evil.example",
        "member.php?mod=logging&action=login&referer=//evil.example",
        "archiver/?//evil.example",
    ):
        location = client.get(f"/{old}").headers["Location"]

        assert location.startswith("/")
        assert not location.startswith("//")
        assert "evil" not in location
