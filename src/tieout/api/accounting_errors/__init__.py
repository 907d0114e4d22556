"""The catalogue of errors: what each code means, what to click, and when it is tried again (an addition)."""
