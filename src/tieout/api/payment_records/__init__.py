"""Payment records: what was paid of receivables and payables."""
