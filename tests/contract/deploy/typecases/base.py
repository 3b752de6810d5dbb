"""What the cases of several services share."""

from __future__ import annotations

from typing import Any, NamedTuple

Json = dict[str, Any]
POLICY = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
TAGS = [{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}]
OTHER_TAGS = [{"Key": "b", "Value": "3"}, {"Key": "c", "Value": "4"}]
ROLE = "arn:aws:iam::000000000000:role/r"
QUEUE_ARN = "arn:aws:sqs:us-east-1:000000000000:q"
TOPIC_ARN = "arn:aws:sns:us-east-1:000000000000:t"
LAYER = "arn:aws:lambda:us-east-1:000000000000:layer:l:1"
FUNCTION_ARN = "arn:aws:lambda:x"
URL = "https://sqs.us-east-1.amazonaws.com/000000000000/q"
INLINE = {"Runtime": "python3.13", "Handler": "index.handler", "Code": {"ZipFile": "def handler(e, c): pass"}}
BODY = {"openapi": "3.0.1", "info": {"title": "t", "version": "1"}, "paths": {}}
TABLE = {
    "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
    "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
}
PERMISSION = {"FunctionName": "f", "Action": "lambda:InvokeFunction", "Principal": "events.amazonaws.com"}


class Case(NamedTuple):
    """A type with its properties before and after a change, and the operations that the change must call."""

    type: str
    before: Json
    after: Json
    called: tuple[str, ...]
