"""Arithmetic: how Tieout adds up, how figures are rounded, and what platforms make of documents."""
