"""What was sent to partners' endpoints, and what came of it."""
