"""Open-loop load: requests leave when their time has come, whether or not earlier ones were answered."""
