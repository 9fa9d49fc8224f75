"""What may a writer use, and what does the page get to know about a rendered text?"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RenderOptions:
    """What is allowed where this text will stand.

    :param allow_images: off: pictures become links to them.
    :param allow_links: off: addresses of other hosts stay plain text; links into the site remain.
    :param allow_bbcode: off: tags stay as typed; line breaks and auto-links remain.
    :param site_hosts: own host names in lower case; every other host is foreign and gets `rel`.
    """

    allow_images: bool = True
    allow_links: bool = True
    allow_bbcode: bool = True
    site_hosts: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Rendered:
    """HTML ready to be stored, and what was met in it.

    :param link_hosts: foreign hosts linked to, in order of appearance, each once.
    :param quoted_post_ids: the posts that the first link of each outermost quote points to, each once.
    """

    html: str
    image_count: int
    link_hosts: tuple[str, ...]
    quoted_post_ids: tuple[int, ...]
