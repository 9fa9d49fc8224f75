"""Where does everything live? The canonical addresses, those a Discuz! site already has.

Templates get an instance as `url`. The language of a guest is part of each address.
"""

from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode


@dataclass(frozen=True)
class Addresses:
    """Paths within the site. `lang` is put on every address when it is not the default."""

    lang: str | None = None

    def _at(self, path: str, **query: Any) -> str:
        pairs = {name: value for name, value in query.items() if value not in (None, "", False)}
        if self.lang:
            pairs["lang"] = self.lang
        return f"{path}?{urlencode(pairs)}" if pairs else path

    def index(self) -> str:
        return self._at("/")

    def category(self, board_id: int) -> str:
        return self._at(f"/category-{board_id}.html")

    def board(self, board_id: int, page: int = 1, **query: Any) -> str:
        return self._at(f"/forum-{board_id}-{page}.html", **query)

    def thread(self, thread_id: int, page: int = 1, list_page: int = 1, **query: Any) -> str:
        """`list_page` is the page of the board's list one came from."""
        return self._at(f"/thread-{thread_id}-{page}-{list_page}.html", **query)

    def post(self, post_id: int) -> str:
        """The lasting address of a post, wherever its thread is paged."""
        return self._at(f"/post-{post_id}.html")

    def floor(self, thread_id: int, **query: Any) -> str:
        """The form target of 电梯直达 (?floor=N)."""
        return self._at(f"/thread-{thread_id}/floor", **query)

    def last_post(self, thread_id: int) -> str:
        return self._at(f"/thread-{thread_id}/last")

    def neighbour(self, thread_id: int, direction: str) -> str:
        """`direction`: "older" (上一主题) or "newer" (下一主题)."""
        return self._at(f"/thread-{thread_id}/{direction}")

    def print_view(self, thread_id: int) -> str:
        return self._at(f"/thread-{thread_id}/print")

    def reading_mode(self, thread_id: int) -> str:
        return self._at(f"/thread-{thread_id}/reading")

    def thread_history(self, thread_id: int) -> str:
        return self._at(f"/thread-{thread_id}/history")

    def new_thread(self, board_id: int) -> str:
        return self._at(f"/forum-{board_id}/new")

    def reply(self, thread_id: int, quote: int | None = None) -> str:
        return self._at(f"/thread-{thread_id}/reply", quote=quote)

    def edit_post(self, post_id: int) -> str:
        return self._at(f"/post-{post_id}/edit")

    def post_revisions(self, post_id: int) -> str:
        return self._at(f"/post-{post_id}/revisions")

    def pin_reply(self, post_id: int) -> str:
        """置顶回复, by the author of the thread."""
        return self._at(f"/post-{post_id}/pin")

    def quote_source(self, post_id: int) -> str:
        return self._at(f"/post-{post_id}/quote")

    def report(self, post_id: int) -> str:
        return self._at(f"/post-{post_id}/report")

    def preview(self) -> str:
        return self._at("/preview")

    def favorite_thread(self, thread_id: int) -> str:
        return self._at(f"/thread-{thread_id}/favorite")

    def favorite_board(self, board_id: int) -> str:
        return self._at(f"/forum-{board_id}/favorite")

    def favorites(self, page: int = 1) -> str:
        return self._at("/favorites", page=page if page > 1 else None)

    def space(self, member_id: int, **query: Any) -> str:
        return self._at(f"/space-uid-{member_id}.html", **query)

    def avatar(self, member_id: int, avatar: str, size: str = "middle") -> str:
        """`avatar` is the content hash ("" = drawn); `size`: big, middle or small."""
        return f"/avatar/{member_id}/{avatar or 'drawn'}-{size}"

    def login(self, next_path: str | None = None) -> str:
        return self._at("/login", next=next_path)

    def logout(self) -> str:
        return self._at("/logout")

    def register(self, next_path: str | None = None) -> str:
        return self._at("/register", next=next_path)

    def lost_password(self) -> str:
        return self._at("/lost-password")

    def reset_password(self, token: str) -> str:
        """Behind a mailed link: choose a new password, or take over an account."""
        return self._at(f"/reset-password/{token}")

    def confirm_email(self, token: str) -> str:
        """Behind a mailed link: this address is mine."""
        return self._at(f"/confirm-email/{token}")

    def settings(self, part: str = "", next_path: str | None = None) -> str:
        """`part`: "" profile, password, email, avatar, sessions."""
        return self._at(f"/settings/{part}" if part else "/settings", next=next_path)

    def points(self, before: int | None = None) -> str:
        """`before`: the transfers older than this one."""
        return self._at("/points", before=before)

    def point_rules(self, board_id: int | None = None) -> str:
        return self._at("/points/rules", board=board_id)

    def notices(self, part: str = "", before: int | None = None) -> str:
        """`part`: "" all, posts, system, staff; `before`: the notices older than this one."""
        return self._at("/notices", part=part, before=before)

    def messages(
        self,
        member_id: int | None = None,
        action: str = "",
        message_id: int | None = None,
        *,
        before: int | None = None,
    ) -> str:
        """消息: all conversations, the one with a member, or a form target there.

        `action`: read, block, unblock; delete, report (of a message where its id is given).
        """
        parts = ("messages", member_id, message_id, action or None)
        return self._at("/" + "/".join(str(part) for part in parts if part), before=before)

    def new_message(self, to: str | None = None) -> str:
        """`to`: the name of a member."""
        return self._at("/messages/new", to=to)

    def message_settings(self, action: str = "") -> str:
        """Whom one takes messages from. `action`: "" or block."""
        return self._at(f"/messages/settings/{action}" if action else "/messages/settings")

    def search(self, **query: Any) -> str:
        return self._at("/search", **query)

    def tag(self, name: str, before: int | None = None) -> str:
        """标签: the threads with it; `before`: those older than this one."""
        return self._at(f"/tag/{quote(name, safe='')}", before=before)

    def guide(self, view: str = "hot", **query: Any) -> str:
        """导读: hot, digest, new, newthread, sofa, my."""
        return self._at(f"/guide/{view}", **query)

    def announcement(self, announcement_id: int) -> str:
        return self._at(f"/announcements/{announcement_id}")

    def feed(self, board_id: int | None = None, form: str = "rss") -> str:
        """`form`: rss or atom."""
        return self._at(f"/forum-{board_id}.{form}" if board_id else f"/index.{form}")

    def appeal(self, entry_id: int) -> str:
        """申诉 against an entry of the moderation log."""
        return self._at(f"/appeals/{entry_id}/new")

    def moderate(self, action: str, **query: Any) -> str:
        """The page and form target of a moderator's action."""
        return self._at(f"/moderation/do/{action}", **query)

    def moderation(self, part: str = "", **query: Any) -> str:
        """管理面板: "" home, log, recycle-bin, queue, reports ..."""
        return self._at(f"/moderation/{part}" if part else "/moderation/", **query)

    def banned(self) -> str:
        """The one page for members who are shut out: why, until when, and the way to appeal."""
        return self._at("/banned")

    def muted(self) -> str:
        """Why one may not post, until when, and the way to appeal."""
        return self._at("/muted")

    def darkroom(self, before: int | None = None) -> str:
        """小黑屋."""
        return self._at("/darkroom", before=before)

    def public_log(self, before: int | None = None) -> str:
        """The log everybody may read, where it is switched on."""
        return self._at("/moderation-log", before=before)

    def own_record(self, before: int | None = None) -> str:
        """What the staff did about the member who asks."""
        return self._at("/my-record", before=before)

    def post_address(self, post_id: int) -> str:
        """Where a post came from, for staff."""
        return self._at(f"/post-{post_id}/address")

    def admin(self, part: str = "", **query: Any) -> str:
        """管理中心."""
        return self._at(f"/admin/{part}" if part else "/admin/", **query)
