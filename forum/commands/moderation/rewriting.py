"""How does a post get another text, so that it can have the former one back? By its revisions.

An effect names revisions and fingerprints; what was said stands in the post and its revisions alone,
and goes with them.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import select, update

from forum.core.errors import Conflict
from forum.core.uow import UnitOfWork
from forum.markup import RENDERER_VERSION, RenderOptions, render
from forum.models import Post, PostRevision, Thread
from forum.modlog.effects import Effect, Rewrite, fingerprint


def has_plain_links(source: str, html: str) -> bool:
    """Was the text rendered for somebody whose links are plain words?"""
    plain = render(source, options=RenderOptions(allow_links=False)).html
    return html == plain and html != render(source, options=RenderOptions()).html


def rewrite_posts(
    uow: UnitOfWork, effects: Sequence[Effect], *, actor_id: int | None
) -> Mapping[Rewrite, Rewrite]:
    """Put the texts in; before the threads get other titles, which the revisions keep, too.

    :returns: each effect as made: it knows the revision that keeps what was there.
    :raises Conflict: a post does not say what the plan saw.
    """
    return {one: _rewrite(uow, one, actor_id) for one in _rewrites(effects)}


def _rewrites(effects: Iterable[Effect]) -> list[Rewrite]:
    return [one for one in effects if isinstance(one, Rewrite)]


def _rewrite(uow: UnitOfWork, effect: Rewrite, actor_id: int | None) -> Rewrite:
    s = uow.session
    post = s.execute(
        select(Post.source, Post.floor, Thread.title)
        .join(Thread, Thread.id == Post.thread_id)
        .where(Post.id == effect.id)
    ).one()
    if effect.changes_text and fingerprint(post.source) != effect.before:
        raise Conflict("conflict")
    kept = PostRevision(
        post_id=effect.id,
        title=post.title if post.floor == 1 else None,
        source=post.source,
        editor_id=actor_id,
        created_at=uow.now,
    )
    s.add(kept)
    s.flush()  # kept.id
    values: dict[str, Any] = {"version": Post.version + 1}
    if effect.changes_text:
        source = _text_of(uow, effect)
        rendered = render(source, options=RenderOptions(allow_links=not effect.after_plain))
        values |= {
            "source": source,
            "html": rendered.html,
            "renderer_version": RENDERER_VERSION,
            "has_images": rendered.image_count > 0,
        }
    s.execute(
        update(Post)
        .where(Post.id == effect.id)
        .values(values)
        .execution_options(synchronize_session=False)
    )
    return replace(effect, made=(kept.id,))


def _text_of(uow: UnitOfWork, effect: Rewrite) -> str:
    if not effect.ids:
        return effect.text
    kept = select(PostRevision.source).where(
        PostRevision.id.in_(effect.ids), PostRevision.post_id == effect.id
    )
    source = uow.session.scalars(kept).one_or_none()
    if source is None or fingerprint(source) != effect.after:
        raise Conflict("conflict")
    return source
