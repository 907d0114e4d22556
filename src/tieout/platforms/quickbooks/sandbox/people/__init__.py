"""People at work in a company: what they do there by hand, through the same rules as everybody."""
