"""What is held because the books and the partner say different things."""
