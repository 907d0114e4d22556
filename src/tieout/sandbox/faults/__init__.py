"""What goes wrong: every kind of fault, and the plan that decides which request it befalls."""
