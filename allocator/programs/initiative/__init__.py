"""One initiative: several programs for the same people, run in order, and the rules between them.

Programs are composed by making the input table of the next one: who was compensated before, what
is left of a loss, and how much somebody may still get are columns of it. Every program is then a
run of its own, in a directory of its own, that `allocator verify` checks without knowing of the
others.
"""
