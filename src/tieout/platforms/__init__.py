"""What Tieout knows of accounting platforms: one port, one path for every call, one folder per platform."""
