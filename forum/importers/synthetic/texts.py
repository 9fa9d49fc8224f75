"""Deterministic Chinese text for measures: common words, rare words, BBCode, about 300 characters."""

from random import Random

# Syllables of everyday writing. Pairs of them make some 8,000 words; Zipf's law picks among them,
# so that there are words in every tenth post and words in one of a hundred thousand.
CHARACTERS = (
    "的一是在不了有和人这中大为上个国我以要他时来用们生到作地于出就分对成会可主发年动同工也能下过子说产种面而方后多"
    "定行学法所民得经十三之进着等部度家电力里如水化高自二理起小物现实加量都两体制机当使点从业本去把性好应开它合还因由"
    "其些然前外天政四日那社义事平形相全表间样与关各重新线内数正心反你明看原又么利比或但质气第向道命此变条只没结解问意"
    "建月公无系军很情者最立代想已通并提直题党程展五果料象员革位入常文总次品式活设及管特件长求老头基资边流路级少图山统"
    "接知较将组见计别她手角期根论运农指几九区强放决西被干做必战先回则任取据处队南给色光门即保治北造百规热领七海口东导"
    "器压志世金增争济阶油思术极交受联什认六共权收证改清己美再采转更单风切打白教速花带安场身车例真务具万每目至达走积示"
)
COMMON = ("会议", "工作", "产业工人", "社区", "培训", "活动", "街道", "服务", "建设", "居民")


def vocabulary(random: Random, size: int = 8000) -> list[str]:
    """Words of two to four characters, the common ones first."""
    words = dict.fromkeys(COMMON)
    while len(words) < size:
        words["".join(random.choices(CHARACTERS, k=random.choice((2, 2, 2, 3, 4))))] = None
    return list(words)


def zipf_weights(size: int) -> list[float]:
    """How often the n-th word comes: 1 / (n + 8)."""
    return [1 / (rank + 8) for rank in range(size)]


def text(random: Random, words: list[str], weights: list[float], characters: int = 300) -> str:
    """Some paragraphs with a little BBCode in them."""
    paragraphs: list[str] = []
    written = 0
    while written < characters:
        sentence = "，".join(
            "".join(random.choices(words, weights, k=random.randint(3, 6)))
            for _ in range(random.randint(2, 4))
        )
        roll = random.random()
        if roll < 0.05:
            sentence = f"[b]{sentence}[/b]"
        elif roll < 0.08:
            sentence = f"[color=red]{sentence}[/color]"
        elif roll < 0.10:
            sentence = f"[url=https://example.com/{random.randint(1, 999)}]{sentence}[/url]"
        paragraphs.append(sentence + "。")
        written += len(sentence)
    return "\n\n".join(paragraphs)


def title(random: Random, words: list[str], weights: list[float]) -> str:
    """A thread's title of some ten characters."""
    return "".join(random.choices(words, weights, k=random.randint(3, 5)))
