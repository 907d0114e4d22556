"""Which records of the partner's and of the books may be the same, for a person to decide (additions of Tieout)."""
