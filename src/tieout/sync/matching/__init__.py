"""Which records of the partner's and of the books are the same: pure. Sure ones match, others are only proposed."""
