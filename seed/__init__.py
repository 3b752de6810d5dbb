"""Deterministic seeders of the reference systems, written against ordinary AWS and database clients."""
