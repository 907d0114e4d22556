"""Keeping a company's books and the partner's records in step: pulling, matching, planning, pushing, resolving."""
