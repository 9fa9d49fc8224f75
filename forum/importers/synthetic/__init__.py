"""A forum of any size out of a seed: deterministic, consistent, for measures only."""

from forum.importers.synthetic.load import Plan, load

__all__ = ["Plan", "load"]
