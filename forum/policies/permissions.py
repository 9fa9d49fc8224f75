"""Which permissions are there, what do they mean, and what do the default groups hold?

`rights.txt` is the catalogue: the only place a key is spelled besides `May` below.
"""

from dataclasses import dataclass
from importlib.resources import files


@dataclass(frozen=True)
class Permission:
    """A permission: its key, an English label (gettext msgid) and the default groups' values.

    `unasked`: why no code asks for it; "" where some does.
    """

    key: str
    label: str
    defaults: dict[int, int]
    unasked: str = ""


def _read_catalogue() -> dict[str, Permission]:
    catalogue: dict[str, Permission] = {}
    for line in files(__package__).joinpath("rights.txt").read_text("utf-8").splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        key, label, values, *unasked = (part.strip() for part in line.split("|"))
        if key in catalogue:
            raise ValueError(f"permission {key} stands twice")
        numbers = [int(value) for value in values.split()]
        catalogue[key] = Permission(key, label, dict(enumerate(numbers, start=1)), *unasked)
    return catalogue


PERMISSIONS = _read_catalogue()


class May:
    """The keys code asks for. A misspelt attribute fails at import of the asking module's tests."""

    START_THREADS = "thread.start"
    REPLY = "post.reply"
    POST_DIRECTLY = "post.direct"
    POST_LINKS = "post.links"
    SEARCH = "search.kinds"
    CUSTOM_TITLE = "title.custom"
    GO_INVISIBLE = "online.invisible"
    SET_READ_ACCESS = "thread.read_access"
    TAG_THREADS = "thread.tags"
    SKIP_POST_LIMITS = "exempt.post_limits"
    SKIP_WORDS = "exempt.words"
    SKIP_PERIODS = "exempt.periods"
    EDIT_WORDS = "mod.words"
    POSTS_PER_HOUR = "post.per_hour"
    DELETE_OWN = "post.delete_own"
    EDIT_MINUTES = "post.edit_minutes"
    SEND_MESSAGES = "message.send"
    SKIP_CHARGES = "exempt.charges"
    SIGNATURE_SIZE = "signature.size"
    SIGNATURE_BBCODE = "signature.bbcode"
    SIGNATURE_IMAGES = "signature.images"
    SEE_ADDRESSES = "mod.address"
    SEE_LOG = "mod.log"
    EDIT_POSTS = "mod.post.edit"
    HANDLE_REPORTS = "mod.reports"
    WORK_QUEUE = "mod.queue"
    DELETE = "mod.delete"
    PURGE = "mod.purge"
    REASON = "mod.reason"
    STICK = "mod.thread.stick"  # the highest level
    DIGEST = "mod.thread.digest"  # the highest level
    HIGHLIGHT = "mod.thread.highlight"
    CLOSE = "mod.thread.close"
    MOVE = "mod.thread.move"
    CHANGE_TYPE = "mod.thread.type"
    BUMP = "mod.thread.bump"
    COPY = "mod.thread.copy"
    MERGE = "mod.thread.merge"
    SPLIT = "mod.thread.split"
    REPAIR = "mod.thread.repair"
    STAMP = "mod.thread.stamp"
    ICON = "mod.thread.icon"
    RECOMMEND = "mod.thread.recommend"
    MANAGE_TAGS = "mod.tags"
    BATCH_DELETE = "mod.batch_delete"
    BLOCK_POST = "mod.post.block"
    WARN = "mod.post.warn"
    PIN_REPLY = "mod.post.stick"
    EDIT_MEMBER = "mod.member.edit"
    MUTE = "mod.member.mute"
    BAN = "mod.member.ban"
    BAN_NETWORK = "mod.network.ban"
    ANNOUNCE = "mod.announce"
    EDIT_BOARDS = "mod.board.edit"


# Bits of May.SEARCH
SEARCH_TITLES = 2
SEARCH_FULL_TEXT = 32

# Values of May.POST_LINKS: links to other sites are refused, wait for approval, stay plain text, or are free.
LINKS_REFUSED, LINKS_WAIT, LINKS_PLAIN, LINKS_FREE = range(4)

# Bits of May.SKIP_CHARGES
CHARGE_MESSAGES = 1

# Bits of May.POST_DIRECTLY
REPLIES_DIRECT, THREADS_DIRECT = 1, 2
