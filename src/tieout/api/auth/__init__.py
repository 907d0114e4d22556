"""Access tokens (Monite, 'Authentication')."""
