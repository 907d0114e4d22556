"""Seeded storms: partner calls, people at work in the books, faults and deaths; and what must hold after each."""
