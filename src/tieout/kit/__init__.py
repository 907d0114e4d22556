"""Small values and rules that need nothing but the standard library, and do no I/O."""
