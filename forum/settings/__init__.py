"""The site's settings: one frozen dataclass per section, gathered in `SiteSettings`.

A new setting is one field here (with its default) and one label in admin/forms. Sections are
stored as one JSON row each (models/site.py Setting) and read through queries/site.py.
Defaults follow a fresh Discuz! X3.4 (reference: common_setting), unless the comment says why not.
"""

import typing
from dataclasses import dataclass, field
from datetime import timedelta


@dataclass(frozen=True)
class FooterLink:
    """A word in the footer; `address` is None where only the name is known (an imported page)."""

    name: str
    address: str | None = None


@dataclass(frozen=True)
class General:
    """What the site is called and says about itself."""

    name: str = "Louceng"
    second_name: str = ""  # the operator's name in the footer (Discuz `sitename`)
    second_address: str = ""
    description: str = ""
    icp: str = ""
    hot_words: tuple[str, ...] = ()
    footer_links: tuple[FooterLink, ...] = ()
    founder_contact: str = ""
    time_zone: str = "Asia/Shanghai"
    is_closed: bool = False
    closed_reason: str = ""


@dataclass(frozen=True)
class Reading:
    """How pages show threads and posts."""

    posts_per_page: int = 10
    threads_per_page: int = 20
    relative_dates: bool = True
    floor_names: tuple[str, ...] = ("楼主", "沙发", "板凳", "地板")
    star_threshold: int = 2
    # Cells of the number card: a counter's name, "points:<kind id>", or "total".
    number_card: tuple[str, ...] = ("threads", "posts", "total")
    # 帖子 counts opening posts too (Discuz X3.1); 回帖 does not (X3.4).
    card_counts_opening_posts: bool = True
    print_posts: int = 100
    heat_levels: tuple[int, ...] = (50, 100, 200)
    heat_guide_minimum: int = 3
    guide_window: timedelta = timedelta(days=7)
    online_hold: timedelta = timedelta(minutes=15)
    shows_private_boards: bool = False
    shows_timing: bool = True


@dataclass(frozen=True)
class Posting:
    """What a post must be like."""

    subject_width: int = 80  # width units: ASCII 1, everything else 2
    message_min_bytes: int = 10
    message_max_bytes: int = 10000
    flood_interval: timedelta = timedelta(seconds=15)
    edit_mark_after: timedelta = timedelta(seconds=60)
    newbie_wait: timedelta = timedelta(0)  # Discuz installs 2 minutes; we let people answer at once
    repeat_window: timedelta = timedelta(minutes=10)  # a double click within this is one post
    posts_per_hour: int = 0  # 0 = no cap
    threads_per_hour: int = 0
    approved_first_posts: int = 0  # so many posts of a new member wait for approval
    approval_periods: tuple[str, ...] = ()  # "23:30-08:00": hours when posts wait
    tags_per_thread: int = 5  # 0 = no tags


@dataclass(frozen=True)
class Messages:
    """How much members may write to each other (消息)."""

    max_characters: int = 3000
    interval: timedelta = timedelta(seconds=15)  # pmfloodctrl
    per_day: int = 100  # 0 = any number
    members_per_day: int = 25  # privatepmthreadlimit; so many different members


@dataclass(frozen=True)
class Accounts:
    """Who may join, and how people prove who they are."""

    is_open: bool = True
    name_min_width: int = 3
    name_max_width: int = 15
    password_min_length: int = 8  # Discuz asks 6
    reserved_names: tuple[str, ...] = (
        "admin", "administrator", "moderator", "system", "root", "support",
        "管理员", "版主", "超级版主", "系统", "官方", "游客", "匿名",
    )  # fmt: skip
    agreement: str = ""
    new_group_id: int = 10
    session_days: int = 30
    login_tries: int = 5
    login_window: timedelta = timedelta(minutes=15)
    registrations_per_address: int = 10  # a day
    mails_per_address: int = 5  # an hour
    reset_link_minutes: int = 30


@dataclass(frozen=True)
class Points:
    """How the total is made."""

    formula: str = "posts + digests*5 + p1*2 + p2 + p3"
    trade_kind_id: int = 2  # the kind used where a rule just says "points" (金钱)
    initial: tuple[int, ...] = (0, 0, 0, 0, 0, 0, 0, 0)


@dataclass(frozen=True)
class Search:
    """What searching costs and shows."""

    interval: timedelta = timedelta(seconds=10)
    max_results: int = 500
    results_per_page: int = 20


@dataclass(frozen=True)
class Moderation:
    """Defaults of the moderators' tools."""

    reasons: tuple[str, ...] = (
        "广告/SPAM", "恶意灌水", "违规内容", "文不对题", "重复发帖", "我很赞同", "精品文章", "原创内容",
    )  # fmt: skip
    max_expiry_days: int = 180
    lossless_delete_after: timedelta = timedelta(days=365)
    warning_limit: int = 3
    warning_window: timedelta = timedelta(days=30)
    warning_mute: timedelta = timedelta(days=30)
    log_is_public: bool = False
    stamps_by_marks: bool = True  # sticking, digesting, recommending stamp the thread
    panel_session: timedelta = timedelta(minutes=30)
    background_above_posts: int = 1000


@dataclass(frozen=True)
class SiteSettings:
    """All sections. `dataclasses.fields(SiteSettings)` is the registry."""

    general: General = field(default_factory=General)
    reading: Reading = field(default_factory=Reading)
    posting: Posting = field(default_factory=Posting)
    messages: Messages = field(default_factory=Messages)
    accounts: Accounts = field(default_factory=Accounts)
    points: Points = field(default_factory=Points)
    search: Search = field(default_factory=Search)
    moderation: Moderation = field(default_factory=Moderation)


SECTIONS: dict[str, type] = typing.get_type_hints(SiteSettings)
