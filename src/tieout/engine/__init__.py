"""Who runs which lane when. Knows no accounting."""
