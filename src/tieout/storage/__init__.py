"""The only room that knows SQL: connections, types, tables and their migrations."""
