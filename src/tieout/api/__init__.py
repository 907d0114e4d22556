"""The HTTP API: one folder per resource, each with its endpoints, its schemas and, if there is a rule, its service."""
