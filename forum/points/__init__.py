"""Point kinds, rules, the ledger, the formula, ranks and stars."""
