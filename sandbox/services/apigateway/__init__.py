"""Amazon API Gateway, REST APIs: built or imported, deployed to stages, and serving there.

`definition` is what an API consists of, `openapi` (with `openapi_schemas`) reads one, `export` writes one,
`checks` refuses what is none. `parts` holds the tables; `api_operations`, `resource_operations`,
`integration_operations`, `piece_operations`, `stage_operations` (with `stages`) and `key_operations` (with
`plans`) are the control plane, whose changes `patching` applies.

A request: `routing` finds its method, `live` is its stage, `request_context` the request itself, `admission`
lets it in (throttling, authorizers, keys, `validation`), `integrate` has it answered: `proxy` builds events,
`transforming` maps what is no proxy by `templates` and `parameters`. `gateway_responses` are the answers of
API Gateway itself, `execution_log` what is said, `execute` joins it all, `testing` does so for one method.
"""
