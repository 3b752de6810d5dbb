"""Amazon SNS, natively: standard and FIFO topics that deliver to queues, functions and loopback HTTP."""
