"""Which stamps and icons can a thread carry? Keys as the tables hold them, with their msgids."""

# Discuz!'s own ten; what a forum asks for besides stands after them.
_COMMON = (
    ("digest", "Digest stamp"), ("hot", "Hot thread"), ("pictures", "Fine pictures"),
    ("excellent", "Excellent"), ("sticky", "Sticky stamp"), ("recommended", "Recommended thread"),
    ("original", "Original"), ("staff", "Moderator pick"), ("scoop", "Scoop"),
    ("adopted", "Adopted by editors"),
)  # fmt: skip

STAMPS: tuple[tuple[str, str], ...] = (
    ("", "None"), *_COMMON, ("solved", "Solved"), ("official", "Official"),
)  # fmt: skip

ICONS: tuple[tuple[str, str], ...] = (
    ("", "None"), *_COMMON, ("new", "Newcomer's thread"), ("question", "Question"),
    ("notice", "Notice"),
)  # fmt: skip

# What a page calls the mark a thread carries; a key that is no longer offered shows nothing.
STAMP_NAMES = {key: name for key, name in STAMPS if key}
ICON_NAMES = {key: name for key, name in ICONS if key}

# What sticking, digesting or recommending a thread stamps it with, by the column that holds it.
STAMPS_OF_MARKS = {
    "sticky_level": "sticky", "digest_level": "digest", "is_recommended": "recommended",
}  # fmt: skip
