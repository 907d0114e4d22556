"""What partners are told of without asking."""
