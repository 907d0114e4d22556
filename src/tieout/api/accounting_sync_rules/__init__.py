"""The rules by which an entity's books are kept in step."""
