"""The companies that a simulated platform starts with."""
