"""The write side: one function per intention. A command never commits; entrances do."""
