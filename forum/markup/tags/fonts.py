"""How do letters change: size font. Sizes are seven classes, font names a small closed set."""

import re

from forum.markup.registry import Call, Emit, Piece, bbcode, one_of, wrap

SIZES = tuple(f"size-{step}" for step in range(1, 8))

_SIZE = re.compile(r"([0-9]{1,3})(?:\.[0-9]{1,3})?(px|pt)?")
# Largest pixel height of each step below the seventh.
_STEP_PX = (11, 13, 16, 18, 24, 32)

_FAMILIES = {
    "song": ("宋体", "新宋体", "simsun", "nsimsun", "songti sc", "明体"),
    "hei": ("黑体", "simhei", "heiti sc"),
    "kai": ("楷体", "楷体_gb2312", "kaiti", "kaiti_gb2312", "kaiti sc", "stkaiti"),
    "fang": ("仿宋", "仿宋_gb2312", "fangsong", "fangsong_gb2312", "stfangsong"),
    "yahei": ("微软雅黑", "microsoft yahei", "pingfang sc"),
    "sans": ("arial", "helvetica", "verdana", "tahoma", "trebuchet ms", "calibri", "sans-serif"),
    "serif": ("times new roman", "times", "georgia", "serif"),
    "mono": ("courier new", "courier", "consolas", "lucida console", "monospace"),
    "comic": ("comic sans ms", "cursive"),
    "impact": ("impact", "arial black"),
}
_CLASS_BY_NAME = {name: f"font-{family}" for family, names in _FAMILIES.items() for name in names}
FONTS = tuple(f"font-{family}" for family in _FAMILIES)


@bbcode("size", emits=[Emit("span", {"class": one_of(*SIZES)})])
def size(call: Call) -> Piece | None:
    found = _SIZE.fullmatch((call.argument or "").strip().lower())
    if found is None:
        return None
    number, unit = int(found[1]), found[2]
    if unit:
        pixels = number * 4 // 3 if unit == "pt" else number
        step = 1 + sum(pixels > limit for limit in _STEP_PX)
    else:
        step = min(number, 7)
    return wrap("span", {"class": SIZES[step - 1]}) if step >= 1 else None


@bbcode("font", emits=[Emit("span", {"class": one_of(*FONTS)})])
def font(call: Call) -> Piece | None:
    """An unknown font shows as the normal one; the names in old posts are without number."""
    if not call.argument:
        return None
    for name in call.argument.lower().split(","):
        known = _CLASS_BY_NAME.get(name.strip().strip("\"'"))
        if known:
            return wrap("span", {"class": known})
    return Piece("")
