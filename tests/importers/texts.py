"""Saved pages made for the tests: pieces of a page in Discuz's own order, put together as a scene needs."""

from pathlib import Path

from forum.importers.page.extract import Extraction, extract_page

HERE = Path(__file__).parent
PAGES = HERE / "pages"
SEED = HERE.parents[1] / "seeds" / "000_57a2c6fe2440a5cc.txt"

HEAD = """立即注册 找回密码
{site}
快捷导航
搜索
热搜: 菜谱 二手 discuz
{crumbs}"""

HEADER = """{cell}
打印 上一主题 下一主题

{title}

[复制链接]
"""

TAIL = """
您需要登录后才可以回帖 登录 | 立即注册

本版积分规则

关于我们 | 联系方式

QQ|小城论坛 ( 京ICP备00000001号 )

© 2001-2013 Comsenz Inc.    Powered by Discuz! X3.1

{gmt}, {saved} , Processed in 0.250000 second(s), 12 queries .

快速回复 返回顶部 返回列表"""

ACTIONS = "\n回复\n\n使用道具 举报\n"


def panel(name: str | None, *, cells=(("3", "主题"), ("12", "帖子"), ("0", "精华")), group="中级会员",
          custom=None, stars=3, images=2, total=240) -> str:  # fmt: skip
    """An author panel as X3.1 draws it."""
    parts = [name] if name else []
    parts += [f"{number}\n\n{label}" for number, label in cells]
    parts += [group] if group else []
    parts += [custom] if custom else []
    parts += [f"Rank: {stars}" * images] if stars else []
    parts += [f"积分\n{total}"] if total is not None else []
    return "\n\n".join(parts) + "\n"


def floor(
    author: str, label: str, when: str, body: str, *, links="只看该作者", after=ACTIONS
) -> str:
    return f"{author}{label}\n发表于 {when} | {links}\n\n{body}\n{after}"


def page(*floors: str, title="周末去哪里", site="小城论坛网", crumbs="", cell="查看: 120|回复: 2",
         gmt="GMT+8", saved="2024-3-10 12:00", tail: str = TAIL) -> str:  # fmt: skip
    head = HEAD.format(site=site, crumbs=crumbs + "\n" if crumbs else "")
    return (
        head
        + HEADER.format(cell=cell, title=title)
        + "\n"
        + "\n".join(floors)
        + tail.format(gmt=gmt, saved=saved)
    )


OPENING = "只看该作者 回帖奖励 |倒序浏览 |阅读模式"
OPENING_NEWEST_FIRST = "只看该作者 回帖奖励 |正序浏览 |阅读模式"


def extract(text: str) -> Extraction:
    return extract_page(text)


def read(path: Path) -> str:
    """The file's text with its line ends as they are."""
    return path.read_bytes().decode("utf-8")
