"""Which names would be taken for one another? The key that must be unique."""

import unicodedata

from confusable_homoglyphs import confusables

_FOLDED: dict[str, str] = {}


def name_key(name: str) -> str:
    """A skeleton: NFKC, case folded, look-alike letters of other scripts brought to Latin.

    "аdmin" with a Cyrillic а and "admin" have one key; so have full-width and half-width forms.
    """
    text = unicodedata.normalize("NFKC", name).casefold()
    return "".join(_fold(character) for character in text if not character.isspace())


def _fold(character: str) -> str:
    if character.isascii():
        return {"0": "o", "1": "l", "|": "l"}.get(character, character)
    folded = _FOLDED.get(character)
    if folded is None:
        folded = _FOLDED[character] = _latin_twin(character)
    return folded


def _latin_twin(character: str) -> str:
    found = confusables.is_confusable(character, greedy=True, preferred_aliases=[])
    if not found:
        return character
    for twin in found[0]["homoglyphs"]:
        if len(twin["c"]) == 1 and twin["c"].isascii() and twin["c"].isalpha():
            return str(twin["c"]).casefold()
    return character


def email_key(address: str) -> str:
    """E-mail addresses that reach the same box, as far as one can tell: case folded."""
    return unicodedata.normalize("NFKC", address).strip().casefold()


def tag_key(name: str) -> str:
    """What makes two tags one: width and case."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())
