"""What the system tells members: kinds of notice, and how unread ones become one."""

from forum.notices.kinds import KINDS, Kind, kind_of

__all__ = ["KINDS", "Kind", "kind_of"]
