"""How wide, how long, how cut? Text measures as Discuz! takes them."""

import re
import unicodedata

# Letters and marks to Unicode that show nothing: Hangul and Khmer fillers, joiners, selectors.
_SHOWS_NOTHING = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]"
)


def width(text: str) -> int:
    """Width units: an ASCII character is 1, any other 2 (Discuz `dstrlen`)."""
    return sum(1 if character.isascii() else 2 for character in text)


def cut(text: str, units: int, ending: str = " ...") -> str:
    """The text, cut to `units` width units with `ending` where something was left out."""
    if width(text) <= units:
        return text
    used = 0
    for index, character in enumerate(text):
        used += 1 if character.isascii() else 2
        if used > units:
            return text[:index] + ending
    return text


def shows_nothing(character: str) -> bool:
    """Is it a character that cannot be seen, and is no blank?"""
    return unicodedata.category(character) == "Cf" or bool(_SHOWS_NOTHING.match(character))


def clean_line(text: str) -> str:
    """One line as typed: NFC, control and invisible format characters out, blanks folded."""
    text = unicodedata.normalize("NFC", text)
    kept = (
        " " if character.isspace() else character
        for character in text
        if character.isspace()
        or unicodedata.category(character) not in ("Cc", "Cf", "Cs", "Co", "Cn")
    )
    return " ".join("".join(kept).split())


def clean_text(text: str) -> str:
    """Many lines as typed: line ends are \\n, control characters but tab and newline are out."""
    text = unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n"))
    return "".join(
        character
        for character in text
        if character in "\n\t" or unicodedata.category(character) not in ("Cc", "Cs")
    )


def abbreviated(number: int) -> str:
    """1万 for 10001 to 19999: Discuz `dnumber`, towards zero, only above 10000."""
    if abs(number) <= 10000:
        return str(number)
    sign = "-" if number < 0 else ""
    return f"{sign}{abs(number) // 10000}万"
