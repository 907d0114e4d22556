"""The people who work for an entity."""
