"""DynamoDB and DynamoDB Streams, natively, on the store."""
