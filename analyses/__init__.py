"""The solutions: everything that is computed from a checkpoint.

`instruments` look into models, `evidence` says what may be said of them, `write_ups` makes pages of
it, and every other folder is a month. Imports run in this order: `evidence` uses `instruments`,
`write_ups` use both, a month uses all three, and nothing here but the command uses a month.
"""
