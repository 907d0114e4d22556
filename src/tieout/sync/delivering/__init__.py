"""Delivering events to partners' endpoints: at least once, in order for each object, from the commit that made them."""
