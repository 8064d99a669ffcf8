"""Runs a command on a terminal of its own, and takes the terminal away when stdin ends.

Prints the pid of the command first. The arguments: a shell command.
"""
import os
import pty
import select
import sys

pid, terminal = pty.fork()
if pid == 0:
    os.execvp("sh", ["sh", "-c", sys.argv[1]])
print(pid, flush=True)
# A terminal that nobody reads blocks its writers after some kilobytes.
readable = [0, terminal]
while 0 in readable:
    for descriptor in select.select(readable, [], [])[0]:
        try:
            if os.read(descriptor, 65536):
                continue
        except OSError:
            # No process has the terminal any more.
            pass
        readable.remove(descriptor)
# The kernel hangs the terminal up, and sends SIGHUP to the session leader and its group.
os.close(terminal)
_, status = os.waitpid(pid, 0)
print("status", status, flush=True)
