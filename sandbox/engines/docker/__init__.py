"""The Docker engine: LocalStack, DynamoDB Local and PostgreSQL in containers, behind the same front door."""
