"""Currencies: what documents are worth in the home currency, and the rates that say so."""
