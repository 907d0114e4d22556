"""Partners. They are made by the operator's command, not through the API."""
