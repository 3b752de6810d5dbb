"""The AWS services of the embedded engine, one package each; plain functions over parsed input."""
