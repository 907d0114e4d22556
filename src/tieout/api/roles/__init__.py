"""Roles of the people of an entity, and what they let them do."""
