"""Mirrors the archive into the search index. The index is a cache: nothing lives only there."""
