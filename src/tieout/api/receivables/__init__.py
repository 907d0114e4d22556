"""Receivables: the invoices and credit notes that an entity issues."""
