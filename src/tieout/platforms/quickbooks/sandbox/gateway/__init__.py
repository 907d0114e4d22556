"""What answers on the wire: routes, envelopes, the query language, change data capture, limits."""
