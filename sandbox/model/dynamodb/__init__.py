"""DynamoDB's data model and expression language: pure rules, no I/O."""
