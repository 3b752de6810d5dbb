"""CloudWatch alarms, natively; metrics are the long tail's."""
