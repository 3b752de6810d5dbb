"""AWS Security Token Service: who am I."""
