"""Models: anything that gives a sequence a number where higher means more plausible."""
