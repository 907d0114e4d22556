"""Entities, the partner's customers, and their settings."""
