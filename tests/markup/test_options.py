"""What do the options change, and which facts does rendering report?"""

from forum.markup import RENDERER_VERSION, RenderOptions, render

OWN = RenderOptions(site_hosts=frozenset({"bbs.example"}))


def test_links_to_other_hosts_are_marked_and_reported() -> None:
    found = render(
        "http://a.example/ [url=https://B.example/x]b[/url] http://a.example/2 [url=/x]own[/url]"
    )

    assert found.link_hosts == ("a.example", "b.example")
    assert found.html.count('rel="nofollow ugc noopener"') == 3


def test_links_to_own_hosts_are_plain() -> None:
    found = render("http://bbs.example/thread-1-1-1.html http://notbbs.example/", options=OWN)

    assert '<a href="http://bbs.example/thread-1-1-1.html">' in found.html
    assert found.link_hosts == ("notbbs.example",)


def test_quoted_posts_are_found_in_both_forms_of_address() -> None:
    found = render(
        "[quote][url=/post-12.html]a[/url] [url=/post-99.html]not the head[/url][/quote]"
        "[quote][size=2][url=forum.php?mod=redirect&goto=findpost&pid=34&ptid=5][color=#999999]b[/color][/url][/size][/quote]"
        "[quote][url=http://bbs.example/forum.php?mod=redirect&amp;goto=findpost&amp;ptid=5&amp;pid=56]c[/url][/quote]"
        "[quote][url=http://other.example/post-78.html]d[/url][/quote] [url=/post-90.html]outside[/url]",
        options=OWN,
    )

    assert found.quoted_post_ids == (12, 34, 56)


def test_pictures_are_counted_or_become_links() -> None:
    source = "[img]http://a.example/b.png[/img][url=/x][img]/static/c.gif[/img][/url]"

    assert render(source).image_count == 2
    without = render(source, options=RenderOptions(allow_images=False))
    assert without.image_count == 0
    assert "<img" not in without.html
    assert '<a href="http://a.example/b.png"' in without.html


def test_foreign_links_can_be_switched_off() -> None:
    found = render(
        "http://a.example [url=http://a.example]label[/url] [url=/x]own[/url] [url]http://a.example/1[/url]",
        options=RenderOptions(allow_links=False),
    )

    assert found.html == 'http://a.example label <a href="/x">own</a> http://a.example/1'
    assert found.link_hosts == ()


def test_bbcode_can_be_switched_off() -> None:
    found = render("[b]x[/b]\nhttp://a.example", options=RenderOptions(allow_bbcode=False))

    assert found.html.startswith("[b]x[/b]<br><a href=")


def test_the_renderer_has_a_version() -> None:
    assert RENDERER_VERSION >= 1
