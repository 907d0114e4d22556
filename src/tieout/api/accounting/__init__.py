"""Bills and invoices of the books, read through as of the last pull."""
