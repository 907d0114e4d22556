"""Tax: what a document carries, the rates and codes as objects, and who it is owed to."""
