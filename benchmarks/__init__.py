"""What `make bench` measures; `RESULTS.md` keeps the figures."""
