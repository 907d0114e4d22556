"""Accounting connections: an entity's books, connected, synchronised and disconnected (Monite, 'Connection set-up')."""
