"""What is bought: bills and vendor credits, and expenses that are paid at once."""
