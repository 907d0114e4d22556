"""Reports, made from the journal and the open documents: one file for each family."""
