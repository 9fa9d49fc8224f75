"""Between whom do points move? Members by their ids, and the system's own accounts below zero."""

import enum


class Account(enum.IntEnum):
    """The system's accounts. Their balances are never stored: each would be one hot row."""

    MINT = -1  # rewards come from here
    BURN = -2  # fees and fines go here
    TAX = -3
    ESCROW = -4  # held until something is settled
    IMPORT = -5  # what members had elsewhere


def is_member(account: int) -> bool:
    """Is the account a member's?"""
    return account > 0
