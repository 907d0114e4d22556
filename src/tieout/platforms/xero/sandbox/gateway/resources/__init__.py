"""The table of endpoints of the accounting API, one file for each family of them."""
