# The application of operated.cjs, as a WSGI application.
import os
import threading
import time

if os.path.exists('broken'):
    raise RuntimeError('a broken release')
if os.path.exists('short'):
    threading.Timer(0.2, lambda: os._exit(1)).start()


def app(environ, start_response):
    pid = str(os.getpid()).encode()
    path = environ['PATH_INFO']
    if path == '/hang':
        while True:
            pass
    if path == '/slow':
        time.sleep(1)
    if path == '/stream':
        start_response('200 OK', [('Content-Type', 'text/plain')])
        return stream(pid)
    body = os.environ.get('NOTE', '').encode() if path == '/note' else pid
    start_response('200 OK', [('Content-Type', 'text/plain'), ('Content-Length', str(len(body)))])
    return [body]


def stream(pid):
    yield pid
    while True:
        time.sleep(1)
        yield b'.'
