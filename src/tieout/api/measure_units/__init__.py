"""What products are counted in."""
