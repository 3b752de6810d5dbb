"""Cases of `test_types`, by service: what changes in place, and what every change makes anew."""
