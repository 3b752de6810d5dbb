"""Rules that REST APIs and HTTP APIs of API Gateway share: pure functions over requests and documents.

`throttle` is the token bucket, `messages` reads requests (headers, query, media types), `proxy_answer` the
answers of Lambda proxies, `lambda_authorizer` those of authorizers, whose policies `access` evaluates and
`verdicts` keeps; `access_log` writes the formats of access logs, `lambda_uri` finds functions in URIs.
"""
