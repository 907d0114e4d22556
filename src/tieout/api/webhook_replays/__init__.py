"""Having a range of events delivered again."""
