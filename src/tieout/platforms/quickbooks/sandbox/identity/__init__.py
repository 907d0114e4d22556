"""Who may do what: sign-in, consent, tokens."""
