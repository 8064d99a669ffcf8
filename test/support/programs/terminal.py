"""Runs a command on a terminal of its own, and takes the terminal away when stdin ends.

Prints the pid of the command first. The arguments: a shell command.
"""
import os
import pty
import sys

pid, terminal = pty.fork()
if pid == 0:
    os.execvp("sh", ["sh", "-c", sys.argv[1]])
print(pid, flush=True)
sys.stdin.read()
# The kernel hangs the terminal up, and sends SIGHUP to the session leader and its group.
os.close(terminal)
_, status = os.waitpid(pid, 0)
print("status", status, flush=True)
