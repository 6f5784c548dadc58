"""Scoring in other processes, here or on a cluster: what Ray's actors do, and who asks them.

`work` runs in an actor, `dispatch` gives out batches and takes scores in, `cluster` is all that
knows Ray, and `engine` joins them. Ray is imported only once something is left to score.
"""
