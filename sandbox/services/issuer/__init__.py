"""The sandbox's own issuer of tokens: a key per state folder, its public half served at the front door."""
