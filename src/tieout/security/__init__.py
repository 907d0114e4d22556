"""Secrets, tokens, signatures, outside addresses, and the record of who did what."""
