"""DynamoDB's expressions: tokens, a parser, and what evaluates conditions, updates and projections.

Page: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.html
"""
