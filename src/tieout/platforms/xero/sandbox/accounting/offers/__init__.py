"""Quotes and purchase orders: documents with lines and totals that post nothing."""
