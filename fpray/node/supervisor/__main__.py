"""Starts the supervisor: Python puts this folder on its path; the supervisor is a package beside it."""

import sys

if __name__ == "__main__":
    folder = sys.path.pop(0)
    sys.path.append(folder.rpartition("/")[0])  # last: no module there may hide one of the standard library
    __import__("supervisor.event_loop", fromlist=["main"]).main(sys.argv[1:])
