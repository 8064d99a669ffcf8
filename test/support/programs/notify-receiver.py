"""Prints each message to a socket of sd_notify as a line of JSON. Argument: a path, or @name."""

import array
import json
import os
import socket
import struct
import sys

name = sys.argv[1]
receiver = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
receiver.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
receiver.bind("\0" + name[1:] if name.startswith("@") else name)
print("ready", flush=True)
while True:
    data, ancillary, _, _ = receiver.recvmsg(65536, 4096)
    pid = 0
    for _, kind, value in ancillary:
        if kind == socket.SCM_CREDENTIALS:
            pid = struct.unpack("iII", value)[0]
        if kind == socket.SCM_RIGHTS:
            # systemd-notify waits until systemd has closed this descriptor.
            for descriptor in array.array("i", value):
                os.close(descriptor)
    lines = data.decode().split("\n")
    if lines != ["BARRIER=1"]:
        print(json.dumps({"pid": pid, "lines": lines}), flush=True)
