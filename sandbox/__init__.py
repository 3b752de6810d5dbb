"""A full local AWS for event-driven systems, in one command, that shows and tests the flow."""
