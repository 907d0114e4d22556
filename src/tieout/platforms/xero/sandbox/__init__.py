"""A simulated Xero: identity server, connections and accounting API over books with two sides."""
