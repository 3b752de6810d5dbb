"""AWS protocols on the wire, driven by botocore's service models: requests to values, values to answers."""
