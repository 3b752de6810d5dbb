"""Servers that are supervised: PostgreSQL for databases, moto for the long tail of AWS."""
