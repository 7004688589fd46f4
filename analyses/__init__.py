"""The solutions: everything that is computed from a checkpoint.

`instruments` look into models, `evidence` says what may be said of them, `seeds` asks it of models
of other seeds, `write_ups` makes pages of it, and every other folder is a month. Imports run in
this order: `evidence` uses `instruments`, `seeds` use both, `write_ups` use all three, a month uses
all four, and nothing here but the commands uses a month.
"""
