"""What pushes into the books fall back to, beyond what the contract's entity settings have room for (an addition)."""
