"""The catalogue of an entity: what it sells."""
