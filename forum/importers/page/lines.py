"""What is every line of the file? The lines, their comparison keys, and the mark each one got."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from forum.importers.page.facts import NotAThreadPage
from forum.importers.page.labels import key_of, shown_of

BLANK, UNKNOWN = "blank", "unknown"
PROGRESS_EVERY = 5_000
LONGEST_LABEL = 2_000  # longer lines are text; no label is looked for in them
_TOO_LONG = "\uffff"
_CONTROLS = dict.fromkeys((*range(9), 11, 12, *range(14, 32), 127, *range(55296, 57344), 65279))

Progress = Callable[[int, int], None]


def decode_page(data: bytes) -> str:
    """The file's text: UTF-8, UTF-16 with a mark, else GB 18030 (Discuz's other common encoding).

    :raises NotAThreadPage: it is none of these.

    """
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        encodings = ["utf-16"]
    else:
        encodings = ["utf-8-sig", "gb18030"]
    for encoding in encodings:
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise NotAThreadPage(missing=("text",))


@dataclass(slots=True)
class Lines:
    """The file's lines as they are (``raw``), as shown (``shown``), as compared (``keys``), and their marks."""

    raw: list[str]
    shown: list[str]
    keys: list[str]
    marks: list[str | None]
    progress: Progress | None = None

    @classmethod
    def of(cls, text: str, progress: Progress | None = None) -> Lines:
        """Split at LF, CRLF and CR only; control characters no database keeps are dropped."""
        clean = text.replace("\r\n", "\n").replace("\r", "\n").translate(_CONTROLS)
        raw = clean.removesuffix("\n").split("\n")
        lines = cls(raw, [], [], [None] * len(raw), progress)
        for number, line in enumerate(raw):
            shown = shown_of(line)
            key = key_of(shown) if len(shown) <= LONGEST_LABEL else _TOO_LONG
            lines.shown.append(shown)
            lines.keys.append(key)
            if not key:
                lines.marks[number] = BLANK
            if progress is not None and number and number % PROGRESS_EVERY == 0:
                progress(number, len(raw))
        return lines

    def __len__(self) -> int:
        return len(self.raw)

    def mark(self, index: int, name: str) -> None:
        if self.keys[index]:
            self.marks[index] = name

    def mark_all(self, indexes: range | list[int], name: str) -> None:
        for index in indexes:
            self.mark(index, name)

    def is_blank(self, index: int) -> bool:
        return not self.keys[index]

    def is_free(self, index: int) -> bool:
        """Not blank, and nothing was found in it yet."""
        return self.marks[index] is None

    def filled(self, low: int, high: int) -> list[int]:
        """The indexes of the lines in [low, high) that are not blank."""
        return [i for i in range(max(low, 0), min(high, len(self.raw))) if self.keys[i]]

    def before(self, index: int, low: int = 0) -> int | None:
        """The nearest filled line above ``index``, not above ``low``."""
        return next((i for i in range(index - 1, low - 1, -1) if self.keys[i]), None)

    def after(self, index: int, high: int | None = None) -> int | None:
        """The nearest filled line below ``index``, below ``high``."""
        stop = len(self.raw) if high is None else min(high, len(self.raw))
        return next((i for i in range(index + 1, stop) if self.keys[i]), None)


@dataclass(frozen=True, slots=True)
class LineMark:
    """Lines ``first`` to ``last`` (1-based, both included) hold ``what``: a fact, ``label:...``, blank or unknown."""

    first: int
    last: int
    what: str


@dataclass(frozen=True, slots=True)
class Report:
    """The account of every line of the file."""

    marks: tuple[str, ...]

    @classmethod
    def of(cls, lines: Lines) -> Report:
        return cls(tuple(mark or UNKNOWN for mark in lines.marks))

    def runs(self) -> list[LineMark]:
        """Neighbours with one mark joined; blank lines between two of them are taken in."""
        runs: list[LineMark] = []
        for number, what in enumerate(self.marks, start=1):
            if what == BLANK:
                continue
            if runs and runs[-1].what == what:
                runs[-1] = LineMark(runs[-1].first, number, what)
            else:
                runs.append(LineMark(number, number, what))
        return runs

    def counts(self) -> dict[str, int]:
        """How many lines hold facts, known labels, nothing, or something unknown."""
        counts = {"fact": 0, "label": 0, BLANK: 0, UNKNOWN: 0}
        for mark in self.marks:
            counts[
                mark if mark in counts else "label" if mark.startswith("label:") else "fact"
            ] += 1
        return counts

    def unknown(self) -> tuple[int, ...]:
        """The numbers (1-based) of the lines nothing is known about."""
        return tuple(n for n, mark in enumerate(self.marks, start=1) if mark == UNKNOWN)

    def render(self) -> str:
        """Compact text: one line per run of lines, then the sums."""
        width = len(str(len(self.marks)))
        rows = []
        for run in self.runs():
            span = f"{run.first}" if run.first == run.last else f"{run.first}-{run.last}"
            rows.append(f"{span:>{2 * width + 1}}  {run.what}")
        sums = ", ".join(f"{name} {number}" for name, number in self.counts().items())
        return "\n".join([*rows, f"{len(self.marks)} lines: {sums}"])
