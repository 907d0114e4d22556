"""The identity server: sign-in, consent, grants, tokens and connections."""
