"""The books of a company: its objects, the rules of writing them, their postings and their reports."""
