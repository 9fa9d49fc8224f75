"""Which words on a saved page are the page's own? The catalogue of Discuz labels, by the part they stand in."""

from __future__ import annotations

import re

from forum.importers.page.dates import DATE

# Full-width forms and the traditional characters of labels map one to one, so that a span found in the
# mapped text cuts the shown text at the same place.
_WIDE = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}
_TRADITIONAL = str.maketrans(
    "發於樓題閱讀積註冊碼導熱復複製鏈電達瀏覽舉報評萬該層從員網戶錄號幫開關閉圖貼買賣記標請進訪問腦設為頁換個聽當線離時剛鐘詳細資參與數編輯後處帳點華遊還級單選項間",
    "发于楼题阅读积注册码导热复复制链电达浏览举报评万该层从员网户录号帮开关闭图贴买卖记标请进访问脑设为页换个听当线离时刚钟详细资参与数编辑后处账点华游还级单选项间",
)
_KEY_TABLE = {**_WIDE, **_TRADITIONAL}

_HEAD_WORDS = """
请选择 进入手机版 继续访问电脑版 设为首页 收藏本站 切换到窄版 切换到宽版 请 登录 后使用快捷导航
没有账号?立即注册 没有帐号?立即注册 没有账号? 没有帐号? 自动登录 找回密码 密码 立即注册 注册 用户名 账号 帐号 UID Email
快捷导航 搜索 热搜 热搜: 本版 文章 帖子 日志 相册 群组 用户 论坛 BBS Portal Group Guide 门户 导读 家园 Space
广播 Follow 动态 淘帖 Collection 分享 Share 记录 Doing 排行榜 Ranklist 插件 Plugin 帮助 Help 相册 Album
Blog 请输入搜索内容 更多 加为好友 开启辅助访问 关闭 用户登录 登录/注册 退出 设置 消息 提醒 我的 只需一步,快速开始
扫一扫,访问微社区 用微信登录 微信登录 QQ登录 用QQ登录
"""
_ROW_WORDS = """
返回列表 发新帖 发帖 回复 打印 上一主题 下一主题 [复制链接] 下一页 下一页» 上一页 收起左侧 开启左侧
浏览过的版块 发表帖子 发起投票 发布悬赏 发起辩论 发起活动 出售商品 分类信息
"""
_PANEL_WORDS = """
查看详细资料 查看个人网站 发消息 加好友 收听TA 打招呼 串个门 该用户从未签到 当前在线 当前离线 头像被屏蔽
电梯直达 跳转到指定楼层 置顶回复 TA的每日心情 IP卡 狗仔卡 IP 编辑 禁止 帖子 清理 看板 窥视卡 雷达卡
"""
_ACTION_WORDS = """
点评 回复 编辑 评分 撤销评分 补充 使用道具 举报 管理 推送 最佳答案 设为最佳答案 显身卡 道具 顶 踩
"""
_VOTE_WORDS = "收藏 分享 转播 淘帖 支持 反对 评分 邀请 推荐 顶 踩 转发到微博 分享到: QQ好友和群 QQ空间 腾讯微博 腾讯朋友 分享淘帖"
_TAIL_WORDS = """
返回列表 发新帖 发帖 回复 下一页 上一页 下一页» »  高级模式 B Color Image Link Quote Code Smilies
您需要登录后才可以回帖 您需要 登录 后才可以回帖 立即注册 注册 用微信登录 本版积分规则 发表回复 回帖后跳转到最后一页 回帖并转播
快速回复 返回顶部 返回版块 浏览过的版块 上传图片 点击附件文件名添加到帖子内容中
"""


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


HEAD = _words(_HEAD_WORDS) | {"用户名Email", "自动登录找回密码"}
ROW = _words(_ROW_WORDS)
PANEL = _words(_PANEL_WORDS)
ACTION = _words(_ACTION_WORDS)
VOTE = _words(_VOTE_WORDS)
TAIL = _words(_TAIL_WORDS)
POST_HEADER = _words(
    "只看该作者 显示全部楼层 只看大图 回帖奖励 倒序浏览 正序浏览 阅读模式 来自手机 受到警告 楼主 匿名 只看TA"
)
STRONG_POST_HEADER = _words("只看该作者 显示全部楼层 倒序浏览 正序浏览 阅读模式 只看TA")
FOOTER_STOCK = _words("QQ Archiver 手机版 小黑屋 站点统计 举报 无图版 手机客户端 触屏版")
PROFILE = _words(
    "积分 主题 帖子 回帖 精华 精华帖数 威望 金钱 贡献 阅读权限 注册时间 最后登录 在线时间 好友 记录 日志 相册 分享 听众 收听 广播 UID 性别"
)
BLOCKED = {
    "提示: 该帖被管理员或版主屏蔽": "by_staff",
    "提示: 作者被禁止或删除 内容自动屏蔽": "author",
    "此帖仅作者可见": "author_only",
    "本帖为密码帖 ,请输入密码": "password",
}
STAFF_ACTIONS = {
    "置顶": "stick", "解除置顶": "unstick", "限时置顶": "stick", "设置高亮": "highlight", "解除高亮": "unhighlight",
    "高亮": "highlight", "限时高亮": "highlight", "加入精华": "digest", "解除精华": "undigest", "限时精华": "digest",
    "关闭": "close", "限时关闭": "close", "打开": "open", "限时打开": "open", "移动": "move", "分类": "retype",
    "提升": "bump", "下沉": "sink", "合并": "merge", "分割": "split", "推荐": "recommend", "审核通过": "approve",
    "添加图标": "icon", "添加图章": "stamp",
}  # fmt: skip

# A fresh install's groups: a line that is one of these is no member's name.
STOCK_GROUPS = _words(
    "管理员 超级版主 版主 禁止发言 禁止访问 游客 等待验证会员 限制会员 新手上路 注册会员 中级会员 高级会员 金牌会员 论坛元老 "
    "实习版主 网站编辑 信息监察员 审核员"
)

FLOOR_NAMES = {"楼主": 1, "沙发": 2, "板凳": 3, "地板": 4}

NUMBER = re.compile(r"-?\d{1,12}(?:,\d{3})*万?")
RANK = re.compile(r"(?:Rank: ?\d{1,4} ?)+", re.IGNORECASE)
RANK_ONE = re.compile(r"Rank: ?(\d{1,4})", re.IGNORECASE)
ONLINE = re.compile(r"(.*?) ?(当前在线|当前离线)")
PROGRESS = re.compile(r"(.+?), ?积分 (-?\d{1,12}), ?距离下一级还需 (-?\d{1,12}) 积分")
FLOOR = re.compile(r"(来自 ?)?(\d{1,9}) ?(?:#|楼|层|F)")
POST_HEADER_LINE = re.compile(rf"((?:楼主|匿名|来自手机) ?\|? ?)?发表于:? ({DATE})( .*|\|.*)?")
VIEWS = re.compile(r"查看: ?([\d,]{1,15})")
REPLIES = re.compile(r"回复: ?([\d,]{1,15})")
THREAD_AUTHOR = re.compile(r"楼主: ?(.+)")
PAGER = re.compile(r"(?:上一页 ?)?(?:[\d. ]{1,80}) ?/ (\d{1,7}) 页 ?(下一页)?")
HOT_WORDS = re.compile(r"热搜: ?(.*)")
GMT = re.compile(
    r"GMT ?([+-]\d{1,2}(?:\.\d{1,2}|:\d{2})?)?, ?(\d{4}-\d{1,2}-\d{1,2} \d{1,2}:\d{2}(?::\d{2})?)"
    r"(?: ?, ?Processed in (\d{1,6}(?:\.\d{1,9})?) second\(s\))?(?: ?, ?(\d{1,6}) quer(?:y|ies))?(?: ?,? ?[A-Z][\w ]{0,40} On)*[ .,]*"
)
POWERED = re.compile(r".*Powered by .*Discuz!? ?(X?\d+(?:\.\d+)*)?.*", re.IGNORECASE)
COPYRIGHT = re.compile(r"(?:©|\(c\)|Copyright).*", re.IGNORECASE)
ICP_PART = re.compile(r"(.+?) ?\( ?(\S*ICP\S*) ?\)", re.IGNORECASE)
EDIT_MARK = re.compile(rf"本帖最后由 (.+?) 于 ({DATE}) 编辑")
STAFF_LINE = re.compile(rf"本主题由 (.+?) 于 ({DATE}) (.+)")
ATTRIBUTION = re.compile(rf"(.{{1,60}}?) 发表于 ({DATE})")
COMMENT_END = re.compile(rf"(.*?) ?发表于 ({DATE})(?: ?(?:详情|回复|删除))*")
LOGIN_TO_REPLY = re.compile(r"(?:您需要|你需要) ?登录 ?后才可以回帖.*|您现在无权发帖.*")
AMOUNT = re.compile(r"([+-]) ?(\d{1,9})")
RATING_TOTAL = re.compile(r"([^\s+-]{1,20}) ?([+-]) ?(\d{1,9})")
RATING_ROW = re.compile(r"([^\s+-][^+-]{0,60}?)((?: ?[+-] ?\d{1,9})+)((?: .*)?)")
PARTICIPANTS = re.compile(r"参与人数 ?(\d{1,7})(.*)")
ATTACHMENT_SIZE = re.compile(
    r"\(?[\d.]{1,12} ?(?:Bytes|KB|MB|GB|B), ?下载次数: ?\d{1,9}.*\)?", re.IGNORECASE
)
ATTACHMENT_WORDS = re.compile(
    rf"本帖子中包含更多资源|(?:下载附件 ?)?保存到相册|下载附件|点击文件名下载附件|下载积分: .*|{DATE} 上传|附件: ?"
    r"|您所在的用户组无法下载或查看附件|马上注册,结交更多好友,享用更多功能,让你轻松玩转社区。?"
)
ATTACHMENT_FILE = re.compile(
    r"(.{1,200}\.\w{1,8}) ?\(?[\d.]{1,12} ?(?:Bytes|KB|MB|GB|B), ?下载次数: ?\d{1,9}.*",
    re.IGNORECASE,
)
LOGIN_TO_SEE = re.compile(r"您需要 ?登录 ?才可以下载或查看.*")
LOCKED_PART = re.compile(
    r".{1,60},如果您要查看本帖隐藏内容请 ?回复|.{0,60}本帖隐藏的内容需要积分高于 ?\d+ ?才可浏览,您当前积分为 ?-?\d+"
)
REWARD = re.compile(r"回帖奖励 ?\+ ?\d{1,9} ?\S*")
POLL_HEAD = re.compile(
    r"(单选投票|多选投票)(?:: ?\( ?最多可选 ?(\d{1,4}) ?项 ?\))?,? ?共有 ?(\d{1,9}) ?人参与投票(?: ?查看投票参与人)?"
)
POLL_OPTION = re.compile(r"(\d{1,4})\. (.+)")
POLL_SHARE = re.compile(r"(\d{1,3}(?:\.\d{1,4})?)% ?\((\d{1,9})\)")
POLL_TAIL = re.compile(
    r"距结束还有: ?(.+)|投票已经结束|您所在的用户组没有投票权限|您已经投过票,谢谢您的参与|提交|查看结果"
)
CLOSED_BOX = re.compile(r"抱歉,本主题已关闭,不再接受新内容.*")


def shown_of(raw: str) -> str:
    """The line with its white space trimmed and single, as a browser shows it."""
    return " ".join(raw.split())


def key_of(shown: str) -> str:
    """The line as labels are compared: half-width, and simplified where labels have traditional characters.

    Character by character, so a span found in the key cuts ``shown`` at the same place.
    """
    return shown.translate(_KEY_TABLE)


def is_made_of(key: str, words: frozenset[str]) -> bool:
    """Is the line nothing but these words, one after the other, with spaces, bars or nothing between?

    Time is the line's length times the longest word's; lines over 160 characters are no labels.
    """
    if not key or len(key) > 160:
        return False
    longest = max(map(len, words))
    reach = [True] + [False] * len(key)
    for start in range(len(key)):
        if not reach[start]:
            continue
        if key[start] in " |·/":
            reach[start + 1] = True
        for size in range(1, min(longest, len(key) - start) + 1):
            if key[start : start + size] in words:
                reach[start + size] = True
    return reach[-1] and any(c not in " |·/" for c in key)


def is_vote_bar(key: str) -> bool:
    """收藏0 支持1 反对0 and the like: only words of the bar and numbers, and at least two words or one with a number."""
    parts = re.findall(r"[^\d\s|]+", key) if len(key) <= 120 else []
    if not parts or not any(word in key for word in ("收藏", "支持", "反对", "分享")):
        return False
    stripped = re.sub(r"\d+", " ", key)
    return is_made_of(stripped, VOTE) and (len(parts) > 1 or any(c.isdigit() for c in key))


def is_number(key: str) -> bool:
    return NUMBER.fullmatch(key) is not None
