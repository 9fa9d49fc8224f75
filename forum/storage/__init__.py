"""Uploaded files: where they lie, what pictures become, and what is drawn where there is none."""
