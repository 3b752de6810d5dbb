"""Amazon SQS: standard and FIFO queues, natively."""
