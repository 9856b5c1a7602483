"""The queue: thin Dramatiq actors that take ids, call the pipeline and send what is due next.

The store says what is to do and a message only says "look at this session": a lost message is healed by the sweeper, a
doubled one finds its work done.
"""
