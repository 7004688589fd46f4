"""Many models of one card, each from a seed of its own: does what is claimed hold for them?"""
