"""Requests to view files (V2): the application, its signature, the grant, and what ends it."""
