"""Amazon API Gateway, HTTP APIs: routes, integrations, authorizers and stages of version 2 of its API.

`definition` is what an API consists of, `openapi` reads one and `export` writes one; `parts` holds the
tables, `apis`, `pieces` (routes, integrations, authorizers) and `stages` are the control plane, and `checks`
what they refuse. `routing` selects the route of a request, `live` is a stage ready to serve, `execute` serves
its requests: `cors`, `authorizing` (with `jwt` and `signing`), then `integrate`, for which `lambda_proxy`
builds events, `service_calls` requests to AWS services, and `mapping` fills in parameters.
"""
