"""Searching files and records within what a person may see (policy I2)."""
