"""The embedded engine: native services on one event loop, real PostgreSQL and real Lambda processes beside it."""
