"""Where does a bare address stand in a text?"""

import re
from collections.abc import Iterator

# One run of address characters after a scheme; Chinese text and brackets end it.
_ADDRESS = re.compile(
    r"(?<![A-Za-z0-9_])https?://[A-Za-z0-9\-._~:/?#@!$&()*+,;=%]++", re.IGNORECASE
)
_TRAILING = ".,;:!?*"


def bare_addresses(text: str) -> Iterator[tuple[str, bool]]:
    """Cut a text into parts; the flag says whether a part looks like an address."""
    position = 0
    for match in _ADDRESS.finditer(text):
        end = match.start() + _address_length(match[0])
        if match.start() > position:
            yield text[position : match.start()], False
        yield text[match.start() : end], True
        position = end
    if position < len(text):
        yield text[position:], False


def _address_length(run: str) -> int:
    """Punctuation at the end belongs to the sentence; a bracket does unless it was opened in the address."""
    unopened = run.count(")") - run.count("(")
    end = len(run)
    while end:
        last = run[end - 1]
        if last == ")" and unopened > 0:
            unopened -= 1
        elif last not in _TRAILING:
            break
        end -= 1
    return end
