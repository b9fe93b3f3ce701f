"""What the end-to-end tests stand on: processes, raw wires and stand-in providers. Holds no test."""
