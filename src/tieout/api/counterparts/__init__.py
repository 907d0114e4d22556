"""Counterparts, whom an entity trades with, and their addresses, contacts and tax numbers."""
