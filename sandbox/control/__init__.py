"""The control API: how the CLI, the dashboard and the test fixtures speak to a running sandbox.

A Unix socket in the state folder, mode 0600, one JSON document per line. `protocol` says what goes over it,
`server` answers, `client` asks.
"""
