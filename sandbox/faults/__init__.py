"""The plan of faults to inject, consulted by services through the port `FaultPoint`."""
