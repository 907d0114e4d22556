"""The settings of a partner, for all its entities."""
