"""What every accounting call passes through before it reaches an organisation: token, tenant, scope, limits, keys."""
