"""Ledger accounts of the connected books."""
