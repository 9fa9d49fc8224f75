"""Which tokens does a text give the index, and which words does a query ask for? Pure.

A text becomes *runs*: stretches of a script written without blanks (Chinese, Japanese, Thai ...),
and whole words of the others. A run of Chinese gives its overlapping pairs of characters and its
last character alone; a word gives itself. The normalised text keeps the runs, a blank between two,
so that a phrase of any length is found in it as a substring, with words whole.
"""

import re
import unicodedata
from dataclasses import dataclass
from datetime import date

TOKENS_VERSION = 1
MAX_WORD = 64  # longer words share the token of their beginning; the text decides
MAX_PHRASES = 10

# Letters of the scripts that put no blanks between words. No punctuation is in here.
_UNSPACED = (
    "\u0e01-\u0e3a\u0e40-\u0e4e\u0e81-\u0ebd\u0ec0-\u0ecd\u1000-\u1049\u1050-\u109d\u1780-\u17d3"
    "\u2e80-\u2fd5\u3005-\u3007\u3021-\u3029\u3031-\u3035\u303b\u303c\u3041-\u3096\u309d-\u309f"
    "\u30a1-\u30fa\u30fc-\u30ff\u3105-\u312f\u3131-\u318e\u31a0-\u31bf\u31f0-\u31ff\u3400-\u4dbf"
    "\u4e00-\u9fff\ua000-\ua48c\uac00-\ud7a3\uf900-\ufaff\U00020000-\U0003fffd"
)
WORD_CHARACTER = f"[^\\W_{_UNSPACED}]"  # a regular expression: of a script with blanks
_RUN = re.compile(f"[{_UNSPACED}]+|{WORD_CHARACTER}+")
_IS_UNSPACED = re.compile(f"[{_UNSPACED}]").match
_QUOTES = str.maketrans(dict.fromkeys("“”„‟«»「」『』", '"'))
# Marks what is not text: no run can hold it.
MARK = "§"


def fold(text: str) -> str:
    """NFKC and case folded: full-width letters, ligatures and capitals are brought together."""
    text = unicodedata.normalize("NFKC", text)
    folded = text.casefold()
    return text if folded == text else unicodedata.normalize("NFKC", folded)


def runs(folded: str) -> list[str]:
    """The runs of a folded text, in order."""
    return _RUN.findall(folded)


def normalised(text: str) -> str:
    """What of a text can be found: its runs between blanks, a blank at both ends; "" when none."""
    found = runs(fold(text))
    return f" {' '.join(found)} " if found else ""


def is_unspaced(run: str) -> bool:
    """Is it a run of characters, or a whole word?"""
    return _IS_UNSPACED(run) is not None


def grams(run: str) -> list[str]:
    """The tokens of one run."""
    if not is_unspaced(run):
        return [run[:MAX_WORD]]
    pairs = [run[at : at + 2] for at in range(len(run) - 1)]
    pairs.append(run[-1])
    return pairs


def text_tokens(normal: str) -> set[str]:
    """The tokens of a normalised text."""
    tokens: set[str] = set()
    for run in normal.split():
        tokens.update(grams(run))
    return tokens


@dataclass(frozen=True)
class IndexRow:
    """What the index holds of a post. `title` (opening posts only) and `body` are normalised."""

    post_id: int
    board_id: int
    author_id: int
    created_on: date  # in UTC
    title: str | None
    body: str


def row_tokens(row: IndexRow) -> set[str]:
    """All tokens of a row: the text's, the title's marked, and those of place, author and time."""
    tokens = text_tokens(row.body)
    if row.title is not None:
        of_title = text_tokens(row.title)
        tokens |= of_title
        tokens.update(MARK + token for token in of_title)
        tokens.add(OPENING_TOKEN)
    tokens.add(board_token(row.board_id))
    tokens.add(author_token(row.author_id))
    tokens.update(time_tokens(row.created_on))
    return tokens


OPENING_TOKEN = MARK + "t" + MARK


def board_token(board_id: int) -> str:
    return f"{MARK}b{MARK}{board_id}"


def author_token(author_id: int) -> str:
    return f"{MARK}u{MARK}{author_id}"


def time_tokens(on: date) -> tuple[str, str, str]:
    """The tokens of a day, its month, its year."""
    return (
        f"{MARK}d{MARK}{on:%Y%m%d}",
        f"{MARK}m{MARK}{on:%Y%m}",
        f"{MARK}y{MARK}{on:%Y}",
    )


@dataclass(frozen=True)
class Phrase:
    """Something a text must say.

    `needle` is what to look for in the normalised text. `tokens` must all be there; `prefix` is
    set for a single character, which any token beginning with it answers. `is_exact` says that
    the tokens alone decide.
    """

    runs: tuple[str, ...]

    @property
    def needle(self) -> str:
        left = "" if is_unspaced(self.runs[0]) else " "
        right = "" if is_unspaced(self.runs[-1]) else " "
        return left + " ".join(self.runs) + right

    @property
    def prefix(self) -> str | None:
        if len(self.runs) == 1 and len(self.runs[0]) == 1 and is_unspaced(self.runs[0]):
            return self.runs[0]
        return None

    @property
    def tokens(self) -> tuple[str, ...]:
        found: dict[str, None] = {}
        last = len(self.runs) - 1
        for index, run in enumerate(self.runs):
            of_run = grams(run)
            # The text's run may go on where the phrase ends; before the end it may not.
            if index == last and is_unspaced(run):
                of_run.pop()
            found.update(dict.fromkeys(of_run))
        return tuple(found)

    @property
    def is_exact(self) -> bool:
        if len(self.runs) > 1:
            return False
        run = self.runs[0]
        return len(run) <= 2 if is_unspaced(run) else len(run) < MAX_WORD


@dataclass(frozen=True)
class Words:
    """A query's words: alternatives of phrases that must all be there."""

    alternatives: tuple[tuple[Phrase, ...], ...] = ()

    def __bool__(self) -> bool:
        return bool(self.alternatives)

    @property
    def phrases(self) -> tuple[Phrase, ...]:
        """Every phrase once, for marking."""
        return tuple(dict.fromkeys(phrase for group in self.alternatives for phrase in group))


_PIECE = re.compile(r'"([^"]*)"?|(\|)|([^\s"|]+)')


def parse_words(typed: str) -> Words:
    """Words separated by blanks must all be there; "quotes" keep words together; `|` means or.

    What holds no letter or digit asks for nothing. At most MAX_PHRASES phrases count.
    """
    groups: list[list[Phrase]] = [[]]
    room = MAX_PHRASES
    for quoted, bar, word in _PIECE.findall(fold(typed.translate(_QUOTES))):
        if bar:
            groups.append([])
            continue
        found = tuple(runs(quoted or word))
        if found and room:
            groups[-1].append(Phrase(found))
            room -= 1
    return Words(tuple(tuple(dict.fromkeys(group)) for group in groups if group))
