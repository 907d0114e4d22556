"""The tables, by who they serve: access, business, connections, taxation, work."""
