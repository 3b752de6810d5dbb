"""Engines: what runs the services. `base` says what an engine is, `registry` knows them by name."""
