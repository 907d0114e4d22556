"""Notifications: what changed, gathered; and handing it over, with retries."""
