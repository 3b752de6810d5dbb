"""Amazon CloudWatch Logs: groups, streams, events, and the tail that people watch."""
