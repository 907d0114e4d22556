"""The write ledger: what was sent to the books, word for word, and what came back (additions of Tieout)."""
