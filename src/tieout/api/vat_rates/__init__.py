"""The tax rates that an entity's sales can have by law."""
