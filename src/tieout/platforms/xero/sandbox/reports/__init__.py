"""Xero's financial reports, computed from the ledger and the documents of an organisation."""
