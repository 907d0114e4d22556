"""The API clients of a partner: credentials of its programs, made, rotated and ended by the partner itself."""
