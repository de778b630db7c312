"""Lending paper originals, to staff and to outside organisations, and taking them back (policy L1-L6)."""
