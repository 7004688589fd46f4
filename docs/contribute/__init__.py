"""Add a month by pull request: `new` begins one from a template, `check` is the gate."""
