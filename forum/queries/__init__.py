"""The read side: one function per part of a page, a fixed number of statements, frozen rows."""
