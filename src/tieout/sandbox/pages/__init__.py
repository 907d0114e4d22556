"""The pages of a simulated platform. They work without script."""
