"""Amazon SQS: standard queues, natively."""
