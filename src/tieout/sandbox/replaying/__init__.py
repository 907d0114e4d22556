"""What was done to a simulator, request by request, and a file of it from which it goes on."""
