"""What the simulated platforms share: books with two sides, faults, people at work, and a control surface."""
