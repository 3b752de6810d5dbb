"""What S3 has natively: the notifications of buckets. Buckets and objects themselves are the long tail's."""
