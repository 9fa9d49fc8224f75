"""Do templates keep the rules: no inline code, no unescaped text, every word in both languages?"""

import re
from pathlib import Path

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

ROOT = Path(__file__).parents[2]
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
CHINESE = ROOT / "forum" / "translations" / "zh_Hans_CN"


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_template_holds_no_inline_code_and_trusts_nothing(path: Path) -> None:
    text = path.read_text("utf-8")
    assert not re.search(r"\|\s*safe\b", text)
    assert not re.search(r"<style\b|\sstyle\s*=", text)
    assert not re.search(r"<script(?![^>]*\ssrc=)", text)
    assert not re.search(r"\son[a-z]+\s*=\s*[\"']", text)
    assert "autoescape false" not in text


def _messages() -> dict[str, str]:
    found: dict[str, str] = {}
    for folder, method in (("templates", "jinja2"), ("forum", "python")):
        for name, _line, message, *_rest in extract_from_dir(
            str(ROOT / folder),
            method_map=[("**.html", "jinja2"), ("**.txt", "jinja2"), ("**.xml", "jinja2")]
            if method == "jinja2"
            else [("**.py", "python")],
            keywords={
                "_": None,
                "_l": None,
                "gettext": None,
                "lazy_gettext": None,
                "ngettext": (1, 2),
                "N_": None,
                "_n": (1, 2),
            },
            options_map={"**": {"extensions": "jinja2.ext.do", "silent": "false"}},
        ):
            for one in message if isinstance(message, tuple) else (message,):
                found[one] = f"{folder}/{name}"
    return found


def test_every_word_for_people_is_translated() -> None:
    translated: set[str] = set()
    for path in CHINESE.glob("*.po"):
        with path.open("rb") as file:
            for message in read_po(file):
                if message.id and message.string and not message.fuzzy:
                    translated.update([message.id] if isinstance(message.id, str) else message.id)

    missing = {text: place for text, place in _messages().items() if text not in translated}
    assert missing == {}


def test_a_message_stands_in_one_file_only() -> None:
    seen: dict[object, str] = {}
    twice = []
    for path in sorted(CHINESE.glob("*.po")):
        with path.open("rb") as file:
            for message in read_po(file):
                key = (message.id, message.context)
                if message.id and key in seen:
                    twice.append(f"{message.id!r}: {seen[key]} and {path.name}")
                seen[key] = path.name
    assert twice == []


def test_translations_keep_the_placeholders() -> None:
    wrong = []
    for path in sorted(CHINESE.glob("*.po")):
        with path.open("rb") as file:
            for message in read_po(file):
                if not message.id:
                    continue
                ids = message.id if isinstance(message.id, tuple) else (message.id,)
                strings = message.string if isinstance(message.string, tuple) else (message.string,)
                allowed = set().union(*(re.findall(r"%\((\w+)\)", one) for one in ids))
                used = set().union(*(re.findall(r"%\((\w+)\)", one) for one in strings))
                if not used <= allowed:
                    wrong.append(f"{path.name}: {message.id!r}")
    assert wrong == []
