"""The supervisor: a process of its own that starts an owner's processes, and ends all of them when the owner is gone.

Standard library only, relative imports only, run as `python -I -S <this folder> FD OWNER_PID RAYLET_PID DRIVER
[HEAD_FD]` (0: no raylet; HEAD_FD becomes readable when the head of the cluster is gone). The rest of fpray imports
`procfs` from here, and nothing else.
"""
