"""Tax rates of the connected books."""
