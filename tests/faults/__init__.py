"""The crash harness: the real program in processes of its own, broken on purpose, and what came of it counted.

`submissions` makes up what is sent, `running` starts and kills, `rounds` plays one home through its crashes,
`invariants` says what was lost, doubled or corrupted. `python -m benchmarks.faults` plays hundreds of rounds.
"""
