"""Which language does a page speak? Chinese unless the address or the member says otherwise."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from gettext import NullTranslations
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlencode

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import Translations
from flask import Flask, g, has_request_context, request
from flask_babel import Babel, force_locale
from markupsafe import Markup

from forum.http.context import actor, kept

DEFAULT = "zh_Hans_CN"
LOCALES = {"zh": "zh_Hans_CN", "zh_Hans_CN": "zh_Hans_CN", "en": "en"}
FOLDER = Path(__file__).parents[1] / "translations"


def asked_language() -> str | None:
    """The `lang` of the address when it is one of ours and not the default."""
    lang = request.args.get("lang")
    return lang if lang in LOCALES and LOCALES[lang] != DEFAULT else None


def current_locale() -> str:
    """The locale of this page: the address, then the member's own, then Chinese."""
    if not has_request_context():
        return DEFAULT
    held = kept()
    if "locale" not in held:
        lang = request.args.get("lang", "")
        held["locale"] = LOCALES.get(lang) or LOCALES.get(actor().locale) or DEFAULT
    return str(held["locale"])


def html_lang() -> str:
    """The value of the page's lang attribute."""
    return "en" if current_locale() == "en" else "zh-CN"


def other_language() -> str:
    """This page in the other language, as a relative address that keeps its questions."""
    asked = request.args.to_dict(flat=False)
    asked["lang"] = ["zh" if current_locale() == "en" else "en"]
    return f"?{urlencode(asked, doseq=True)}"


def compile_catalogues() -> None:
    """Join each language's files, one per feature, into the one file gettext reads.

    :raises ValueError: a message stands in two files with different translations.
    """
    for folder in sorted(path for path in FOLDER.iterdir() if path.is_dir()):
        sources = sorted(folder.glob("*.po"))
        target = folder / "LC_MESSAGES" / "messages.mo"
        newest = max(path.stat().st_mtime for path in sources) if sources else 0
        if target.exists() and target.stat().st_mtime >= newest:
            continue
        target.parent.mkdir(exist_ok=True)
        draft = target.with_suffix(f".{os.getpid()}.new")
        with draft.open("wb") as file:
            write_mo(file, _joined(sources, folder.name))
        draft.replace(target)  # several servers may start at once


def _joined(sources: list[Path], locale: str) -> Catalog:
    joined = Catalog(locale=locale)
    for source in sources:
        with source.open("rb") as file:
            for message in read_po(file, locale=locale):
                if not message.id or message.fuzzy:
                    continue
                known = joined.get(message.id, message.context)
                if known is not None and known.string != message.string:
                    raise ValueError(f"{source.name}: {message.id!r} is translated twice")
                joined[message.id] = message
    return joined


def translations() -> NullTranslations:
    """This request's words. Flask-Babel finds them anew for every word, 25 us each time."""
    if not has_request_context():
        return _loaded(DEFAULT)
    if "translations" not in g:
        g.translations = _loaded(current_locale())
    return cast(NullTranslations, g.translations)


@contextmanager
def speaking(locale: str) -> Iterator[None]:
    """Words for somebody other than the visitor: the reader of a letter."""
    own = {name: g.pop(name) for name in ("locale", "translations") if name in g}
    g.locale = locale
    try:
        with force_locale(locale):
            yield
    finally:
        for name in ("locale", "translations"):
            g.pop(name, None)
        for name, value in own.items():
            setattr(g, name, value)


@cache
def _loaded(locale: str) -> NullTranslations:
    return Translations.load(str(FOLDER), [locale])


def gettext(message: str, **data: Any) -> str:
    """Flask-Babel's gettext, quick enough for a word in every row of a page."""
    words = translations().gettext(message)
    return words % data if data else words


def ngettext(one: str, many: str, num: int) -> str:
    """The same with a number, as %(num)d."""
    return translations().ngettext(one, many, num) % {"num": num}


def init_app(app: Flask) -> None:
    compile_catalogues()
    _loaded.cache_clear()
    app.config["BABEL_TRANSLATION_DIRECTORIES"] = str(FOLDER)
    app.config["BABEL_DEFAULT_LOCALE"] = DEFAULT
    Babel(app, locale_selector=current_locale)


def template_words(locale: str) -> dict[str, Callable[..., Markup]]:
    """gettext and its kin for templates of one locale, as Jinja's new style has them.

    Variables are escaped; each message is looked up once a process.
    """
    found = _loaded(locale)
    known: dict[str, Markup] = {}

    def gettext(message: str, **data: Any) -> Markup:
        if data:
            return Markup(found.gettext(message)) % data  # noqa: S704  a catalogue
        words = known.get(message)
        if words is None:
            words = known[message] = Markup(found.gettext(message)) % data  # noqa: S704  a catalogue
        return words

    def ngettext(one: str, many: str, num: int, **data: Any) -> Markup:
        return Markup(found.ngettext(one, many, num)) % {"num": num, **data}  # noqa: S704  a catalogue

    def pgettext(context: str, message: str, **data: Any) -> Markup:
        return Markup(found.pgettext(context, message)) % data  # noqa: S704  a catalogue

    def npgettext(context: str, one: str, many: str, num: int, **data: Any) -> Markup:
        words = found.npgettext(context, one, many, num)
        return Markup(words) % {"num": num, **data}  # noqa: S704  a catalogue

    return {
        "_": gettext,
        "gettext": gettext,
        "ngettext": ngettext,
        "pgettext": pgettext,
        "npgettext": npgettext,
    }
