"""Lists: parties, products, accounts, the plain lists, and the preferences of the company."""
