# Starts a command as a terminal or a service manager starts it.
#   launch.py pty COMMAND...             in a terminal; SIGUSR1 closes the terminal
#   launch.py notify FILE COMMAND...     with NOTIFY_SOCKET; each message goes to FILE
#   launch.py listen PORT COMMAND...     with a listening socket as descriptor 3
import os
import pty
import signal
import socket
import sys
import threading
import time

mode, arguments = sys.argv[1], sys.argv[2:]

if mode == 'pty':
    pid, terminal = pty.fork()
    if pid == 0:
        os.execvp(arguments[0], arguments)
    closed = threading.Event()
    signal.signal(signal.SIGUSR1, lambda *_: closed.set())
    os.set_blocking(terminal, False)
    while not closed.is_set():
        try:
            sys.stderr.write(os.read(terminal, 65536).decode())
            sys.stderr.flush()
        except (BlockingIOError, OSError):
            pass
        time.sleep(0.05)
    os.close(terminal)
    time.sleep(60)
elif mode == 'notify':
    file, command = arguments[0], arguments[1:]
    receiver = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    receiver.bind(file + '.sock')
    os.environ['NOTIFY_SOCKET'] = file + '.sock'
    if os.fork() == 0:
        with open(file, 'a') as out:
            while True:
                out.write(receiver.recv(4096).decode().replace('\n', ' ') + '\n')
                out.flush()
    os.execvp(command[0], command)
else:
    port, command = int(arguments[0]), arguments[1:]
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(('127.0.0.1', port))
    listener.listen(128)
    if listener.fileno() != 3:
        os.dup2(listener.fileno(), 3)
    os.set_inheritable(3, True)
    os.environ.update(LISTEN_FDS='1', LISTEN_PID=str(os.getpid()))
    os.execvp(command[0], command)
