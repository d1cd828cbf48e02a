"""Tables in and out: reading, checking with a line-numbered report, writing, simulating."""
