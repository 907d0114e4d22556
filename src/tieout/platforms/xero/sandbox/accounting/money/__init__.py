"""Money beyond invoices: currencies and their rates, bank transactions and transfers, batches, manual journals."""
