"""标签管理: tags are closed, merged into others, and brought back. No thread is rewritten for it."""

from collections.abc import Iterable, Sequence

from sqlalchemy import delete, literal, or_, select, update

from forum.commands.admin_log import log_change
from forum.commands.tags import follow_tags, known_or_made, one_tag
from forum.core.cache import CacheName
from forum.core.db import conflict_insert
from forum.core.errors import Invalid, NotFound
from forum.core.names import tag_key
from forum.core.uow import UnitOfWork
from forum.models import Tag, ThreadTag
from forum.policies.actor import Actor
from forum.policies.admin import may_change_site

MOST_AT_ONCE = 100


def close_tags(uow: UnitOfWork, actor: Actor, *, tag_ids: Iterable[int]) -> None:
    """关闭: they show on no thread, have no page, and are given to no thread any more."""
    may_change_site(actor).require()
    tags = _locked(uow, tag_ids)
    for tag in tags:
        tag.is_closed = True
    _changed(uow, actor, "tags.closed", tags)


def restore_tags(uow: UnitOfWork, actor: Actor, *, tag_ids: Iterable[int]) -> None:
    """打开: closed or merged, they are again what they were; threads kept what was written."""
    may_change_site(actor).require()
    tags = _locked(uow, tag_ids)
    targets = {tag.merged_into_id for tag in tags} - {None}
    for tag in tags:
        tag.is_closed, tag.merged_into_id = False, None
    uow.session.flush()  # what the index is worked out from
    if targets:
        there = select(ThreadTag.thread_id).where(ThreadTag.tag_id.in_(targets))
        follow_tags(uow, uow.session.scalars(there).all())
    _changed(uow, actor, "tags.restored", tags)


def merge_tags(uow: UnitOfWork, actor: Actor, *, tag_ids: Iterable[int], into: str) -> None:
    """合并: they stand for another tag from now on, which is made where there is none.

    :param into: its name, as threads are to show it.
    :raises Invalid: "tag_unknown", "tag_closed", "tag_merged_with_itself", or it can be no tag.
    """
    may_change_site(actor).require()
    name = one_tag(into)
    target_id = known_or_made(uow, [name])[0]
    tags = _locked(uow, tag_ids)
    ids = [tag.id for tag in tags]
    if target_id in ids:
        raise Invalid("tag_merged_with_itself", field="into")
    s = uow.session
    target = s.get_one(Tag, target_id, with_for_update=True, populate_existing=True)
    if target.is_closed:
        raise Invalid("tag_closed", field="into", tag=name)
    if tag_key(name) == target.key:  # not itself one that stands for another
        target.name = name  # threads show it from now on; that of the first may be a secret

    s.execute(
        update(Tag)
        .where(or_(Tag.id.in_(ids), Tag.merged_into_id.in_(ids)))
        .values(merged_into_id=target_id, is_closed=False)
        .execution_options(synchronize_session=False)
    )
    insert = conflict_insert(s.get_bind().dialect.name, ThreadTag)
    moved = (
        select(literal(target_id), ThreadTag.thread_id).where(ThreadTag.tag_id.in_(ids)).distinct()
    )
    s.execute(insert.from_select(["tag_id", "thread_id"], moved).on_conflict_do_nothing())
    s.execute(
        delete(ThreadTag)
        .where(ThreadTag.tag_id.in_(ids))
        .execution_options(synchronize_session=False)
    )
    _changed(uow, actor, "tags.merged", tags, into=name)


def _locked(uow: UnitOfWork, tag_ids: Iterable[int]) -> Sequence[Tag]:
    """The tags, lowest id first. Who gives one of them to a thread right now has finished."""
    ids = sorted(set(tag_ids))
    if not ids:
        raise Invalid("no_targets", field="ids")
    if len(ids) > MOST_AT_ONCE:
        raise Invalid("too_many_targets", field="ids", most=MOST_AT_ONCE)
    tags = uow.session.scalars(
        select(Tag)
        .where(Tag.id.in_(ids))
        .order_by(Tag.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).all()
    if len(tags) < len(ids):
        raise NotFound("not_found")
    return tags


def _changed(
    uow: UnitOfWork, actor: Actor, action: str, tags: Sequence[Tag], **more: object
) -> None:
    names = [tag.name for tag in tags]
    log_change(
        uow, actor, action=action, target="tags", title=", ".join(names[:5]),
        after={"tags": names, **more},
    )  # fmt: skip
    uow.bump(CacheName.TAGS)
    uow.bump(CacheName.SITE)  # threads were drawn with them
