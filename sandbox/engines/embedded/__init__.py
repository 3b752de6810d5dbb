"""The embedded engine: native services on one event loop, PostgreSQL and Lambda processes beside it."""
