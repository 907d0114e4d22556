"""Payables: the bills that an entity receives."""
