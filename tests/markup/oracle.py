"""Is this HTML what a post may hold? A judge that shares no code with the engine: justhtml parses, the lists are its own."""

import re
from urllib.parse import urlsplit

import nh3
from justhtml import JustHTML

VOID = {"br", "hr", "img"}
ELEMENTS = {
    "a": {"href", "rel"},
    "blockquote": {"class"},
    "br": set(),
    "code": set(),
    "div": {"class"},
    "hr": {"class"},
    "i": {"class"},
    "img": {"alt", "class", "height", "loading", "src", "width"},
    "li": set(),
    "ol": {"class", "type"},
    "pre": {"class"},
    "s": set(),
    "span": {"class"},
    "strong": set(),
    "sub": set(),
    "sup": set(),
    "table": {"class"},
    "tbody": set(),
    "td": {"class", "colspan", "rowspan"},
    "tr": {"class"},
    "u": set(),
    "ul": {"class"},
}
SCHEMES = {"href": {"", "http", "https", "ftp", "mailto"}, "src": {"", "http", "https"}}

_CLASS = re.compile(
    r"(?:c|bg)-[a-z]+|size-[1-7]|font-[a-z]+|align-(?:left|center|right|justify)|float-(?:left|right)"
    r"|indent|para-indent|w-(?:25|50|75|100)|edit-mark|bb-(?:quote|code|img|list|table|td|hr)"
)
_TAG = re.compile(r"<(/?)([a-z]+)[^>]*>")
_PARENTS = {"li": {"ul", "ol"}, "tbody": {"table"}, "tr": {"tbody"}, "td": {"tr"}, "code": {"pre"}}


def violations(html: str) -> list[str]:
    """Everything in the HTML that no post may hold."""
    found: list[str] = []
    document = JustHTML(html, fragment=True, sanitize=False)
    todo = [(node, "", 0) for node in document.root.children]
    while todo:
        node, parent, links = todo.pop()
        name = node.name
        if name == "#text":
            continue
        if name not in ELEMENTS:
            found.append(f"element {name}")
            continue
        if name in _PARENTS and parent not in _PARENTS[name]:
            found.append(f"{name} in {parent or 'nothing'}")
        if name == "a" and links:
            found.append("link in a link")
        found += [problem for item in node.attrs.items() if (problem := _attribute(name, *item))]
        todo += [(child, name, links + (name == "a")) for child in node.children]
    return found + _unbalanced(html)


def _attribute(element: str, attribute: str, value: str | None) -> str | None:
    value = value or ""
    if attribute not in ELEMENTS[element]:
        return f"attribute {element} {attribute}"
    if attribute in SCHEMES:
        if any(char <= " " or char in "\\\"'<>`" or ord(char) > 126 for char in value):
            return f"character in {value!r}"
        try:
            address = urlsplit(value)
        except ValueError:
            return f"address {value!r}"
        if address.scheme not in SCHEMES[attribute]:
            return f"scheme {value!r}"
        if not address.scheme and (not value.startswith("/") or value.startswith("//")):
            return f"relative {value!r}"
        if address.username is not None and address.scheme != "mailto":
            return f"user in {value!r}"
    elif attribute == "class":
        if not all(_CLASS.fullmatch(word) for word in value.split(" ")):
            return f"class {value!r}"
    elif attribute == "width" and not (value.isdigit() and 1 <= int(value) <= 600):
        return f"width {value!r}"
    elif attribute in ("height", "colspan", "rowspan") and not (
        value.isdigit() and int(value) >= 1
    ):
        return f"{attribute} {value!r}"
    return None


def _unbalanced(html: str) -> list[str]:
    stack: list[str] = []
    for slash, name in _TAG.findall(html):
        if name in VOID:
            continue
        if not slash:
            stack.append(name)
        elif not stack or stack.pop() != name:
            return [f"unbalanced at </{name}>"]
    return [f"unclosed {name}" for name in stack]


def tree(html: str) -> str:
    """The HTML as justhtml understands and writes it, to compare two texts by their meaning."""
    return JustHTML(html, fragment=True, sanitize=False).to_html(pretty=False)


def cleaned_by_nh3(html: str) -> str:
    """What another sanitiser leaves of the HTML under the same lists."""
    return nh3.clean(
        html,
        tags=set(ELEMENTS),
        attributes={name: set(attributes) for name, attributes in ELEMENTS.items()},
        url_schemes={"http", "https", "ftp", "mailto"},
        link_rel=None,
    )
