"""The kernel: database, configuration, clock, text, cache. Knows no word of a forum."""
