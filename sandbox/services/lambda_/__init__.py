"""AWS Lambda: functions, invocation, and event source mappings of queues.

`service.py` is the API; behind it `functions` and `mappings` hold the state, `code` the packages, `specs`
says what the runtime must run, `invocation` runs it, `asynchronous` keeps queued events, and `poller` feeds
functions from queues (what to lease and when; `batches` runs one batch and settles its messages).
The runtime that executes code is behind the port `Executor`.
"""
