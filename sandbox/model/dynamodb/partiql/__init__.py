"""PartiQL for DynamoDB: statements, parsed into the nodes that the other expressions are made of."""
