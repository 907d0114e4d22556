"""What an entity's taxes are in its books, where values alone do not tell (an addition)."""
