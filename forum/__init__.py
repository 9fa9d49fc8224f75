"""Louceng: a forum server a Discuz! community can call home."""

__version__ = "0.1.0"
