"""The partner's own apps at the platforms.

Keys, and the addresses to paste into the developer portals (an addition).
"""
