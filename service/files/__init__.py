"""Agents' personnel files: opening, numbering, changing, leaving and coming back (policy B1, S2)."""
