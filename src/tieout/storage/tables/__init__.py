"""The tables, by who they serve: access, business, connections, work."""
