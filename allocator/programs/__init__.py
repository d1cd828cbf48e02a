"""The other programs of the initiative, and the delivery of what was awarded."""
