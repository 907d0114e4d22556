"""Documents on their way to a customer: as a page, and by mail."""
