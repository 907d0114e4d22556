"""Sales forms: invoices and credit memos, receipts of sales and of refunds."""
