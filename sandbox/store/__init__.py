"""SQLite: the state of every service, and the journal. Acknowledged means stored."""
