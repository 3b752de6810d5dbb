"""Amazon EventBridge: buses, rules, targets and schedules, natively."""
