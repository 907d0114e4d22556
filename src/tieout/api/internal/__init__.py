"""What the contract keeps under `/internal`: how far each record got, and a check of lines before they are pushed."""
