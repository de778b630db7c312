"""Scans: uploaded originals that never change, their pages, and looking at them (policy I1, V4)."""
