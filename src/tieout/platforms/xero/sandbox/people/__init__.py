"""People at work in an organisation: what somebody does in the browser, without asking any app."""
