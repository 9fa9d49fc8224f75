"""Saved Discuz thread pages: text -> facts (extract), facts -> rows (map, load), and the report of every line."""
