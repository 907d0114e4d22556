"""A simulated QuickBooks Online: its OAuth, its REST dialect, and companies with real double-entry books behind it."""
