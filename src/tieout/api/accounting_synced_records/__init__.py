"""What is linked to the books, and what could not be written to them."""
