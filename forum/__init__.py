"""Louceng: a forum server a Discuz! community can call home."""
