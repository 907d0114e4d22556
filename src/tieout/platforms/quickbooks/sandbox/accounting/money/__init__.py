"""Money: payments and what they settle, deposits, transfers, and journal entries."""
