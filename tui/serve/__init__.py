"""The dashboard in a browser: Textual's server on loopback, behind a token, closed to other sites."""
