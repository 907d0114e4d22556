"""The capability matrix: what is shown to work with each platform's books (an addition)."""
