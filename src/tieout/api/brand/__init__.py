"""The partner's brand: how the connection link looks to its customers (an addition)."""
