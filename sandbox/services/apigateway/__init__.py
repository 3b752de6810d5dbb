"""Amazon API Gateway, REST APIs: imported from OpenAPI, deployed to stages, answered by Lambda proxies.

`openapi` reads a definition into routes, `routing` finds the route of a path, `throttle` is the token bucket,
`proxy` builds the event of a Lambda proxy integration and reads its answer, `live` is a stage ready to serve,
`execute` serves its requests;
`parts` holds the tables, `api_operations` and `stage_operations` are the control plane, `service` joins all.
"""
