"""The tables. One file per feature; no behaviour."""

from forum.models import (
    accounts as accounts,
)
from forum.models import (
    admin_log as admin_log,
)
from forum.models import (
    boards as boards,
)
from forum.models import (
    groups as groups,
)
from forum.models import (
    imports as imports,
)
from forum.models import (
    mail as mail,
)
from forum.models import (
    members as members,
)
from forum.models import (
    messages as messages,
)
from forum.models import (
    modlog as modlog,
)
from forum.models import (
    notices as notices,
)
from forum.models import (
    points as points,
)
from forum.models import (
    posts as posts,
)
from forum.models import (
    punishments as punishments,
)
from forum.models import (
    queue as queue,
)
from forum.models import (
    reports as reports,
)
from forum.models import (
    site as site,
)
from forum.models import (
    tags as tags,
)
from forum.models import (
    threads as threads,
)
from forum.models import (
    visits as visits,
)
from forum.models import (
    words as words,
)
from forum.models.accounts import Attempt, LoginSession, MailToken
from forum.models.admin_log import AdminLogEntry
from forum.models.boards import (
    Board,
    BoardKind,
    BoardModerator,
    BoardPermission,
    BoardRight,
    ThreadType,
)
from forum.models.groups import Group, GroupKind, GroupPermission
from forum.models.imports import ImportedPage, ImportedRow
from forum.models.mail import OutgoingMail
from forum.models.members import Favorite, FavoriteKind, Member, MemberState
from forum.models.messages import (
    Conversation,
    Message,
    MessageBlock,
    MessageCopy,
    MessageReport,
)
from forum.models.modlog import (
    BatchState,
    ModBatch,
    ModBatchStep,
    ModLogEntry,
    ModLogHead,
    ModLogTarget,
    TargetKind,
)
from forum.models.notices import Notice
from forum.models.points import MemberPoints, PointKind, PointRuleSetting, PointTransfer
from forum.models.posts import Post, PostComment, PostRating, PostRevision, PostState
from forum.models.punishments import NetworkBan, PostWarning
from forum.models.queue import Appeal, AppealState, HoldReason, PostHold
from forum.models.reports import Report, ReportEntry, ReportState
from forum.models.site import Announcement, CacheVersion, FriendLink, Setting
from forum.models.tags import Tag, ThreadTag
from forum.models.threads import Thread, ThreadState
from forum.models.visits import BoardVisit, OnlineRecord, OnlineVisit, ThreadRead
from forum.models.words import Word, WordAction

__all__ = [
    "AdminLogEntry",
    "Announcement",
    "Appeal",
    "AppealState",
    "Attempt",
    "BatchState",
    "Board",
    "BoardKind",
    "BoardModerator",
    "BoardPermission",
    "BoardRight",
    "BoardVisit",
    "CacheVersion",
    "Conversation",
    "Favorite",
    "FavoriteKind",
    "FriendLink",
    "Group",
    "GroupKind",
    "GroupPermission",
    "HoldReason",
    "ImportedPage",
    "ImportedRow",
    "LoginSession",
    "MailToken",
    "Member",
    "MemberPoints",
    "MemberState",
    "Message",
    "MessageBlock",
    "MessageCopy",
    "MessageReport",
    "ModBatch",
    "ModBatchStep",
    "ModLogEntry",
    "ModLogHead",
    "ModLogTarget",
    "NetworkBan",
    "Notice",
    "OnlineRecord",
    "OnlineVisit",
    "OutgoingMail",
    "PointKind",
    "PointRuleSetting",
    "PointTransfer",
    "Post",
    "PostComment",
    "PostHold",
    "PostRating",
    "PostRevision",
    "PostState",
    "PostWarning",
    "Report",
    "ReportEntry",
    "ReportState",
    "Setting",
    "Tag",
    "TargetKind",
    "Thread",
    "ThreadRead",
    "ThreadState",
    "ThreadTag",
    "ThreadType",
    "Word",
    "WordAction",
]  # fmt: skip
