import { type GunicornSettings, instead, refused, same, similar } from './answer.ts'

const eventLoop = 'A worker of Node.js has one event loop, which serves many connections.'
const workerThreads = 'Use `node:worker_threads` in the application for work that computes.'
const systemd = 'Let systemd or a container start the service.'

/** Settings of gunicorn about sockets, workers and the process. */
export const processSettings: GunicornSettings = {
  config: similar('The file is YAML. `run` reads no `gunicorn.conf.py`.', '-c', '--config'),
  wsgi_app: refused('Give the main file of the application after the options.'),
  bind: refused(
    'The application chooses its address: `server.listen(port, host)`. ' +
      'Pass a port by `--env PORT=8000`.',
    '-b',
    '--bind',
  ),
  backlog: refused(
    'The application chooses the backlog: `server.listen({ backlog })`.',
    '--backlog',
  ),
  workers: similar('`auto` is allowed, too.', '-w', '--workers'),
  worker_class: refused(`${eventLoop} No other class of workers exists.`, '-k', '--worker-class'),
  threads: refused(`${eventLoop} Set \`--workers\`. ${workerThreads}`, '--threads'),
  worker_connections: similar('Without the option, there is no limit.', '--worker-connections'),
  max_requests: same('--max-requests'),
  max_requests_jitter: same('--max-requests-jitter'),
  timeout: same('-t', '--timeout'),
  graceful_timeout: similar('0 means no limit.', '--graceful-timeout'),
  keepalive: same('--keep-alive'),
  reload: same('--reload'),
  reload_engine: same('--reload-engine'),
  reload_extra_files: similar('Files and directories, without patterns.', '--reload-extra-file'),
  spew: refused('Use `node --inspect`, or the profile of a worker.', '--spew'),
  check_config: same('--check-config'),
  print_config: same('--print-config'),
  preload_app: refused(
    'Node.js cannot fork a process with a loaded application: each worker loads the application. ' +
      'Use `onWarmUp()`, and `--env NODE_COMPILE_CACHE=DIR` for faster starts.',
    '--preload',
  ),
  sendfile: refused('Node.js has no `sendfile()` for responses.', '--no-sendfile'),
  reuse_port: refused(
    'The application chooses the option: `server.listen({ reusePort: true })`.',
    '--reuse-port',
  ),
  chdir: same('--chdir'),
  daemon: refused(systemd, '-D', '--daemon'),
  raw_env: same('-e', '--env'),
  pidfile: same('-p', '--pid'),
  worker_tmp_dir: refused(
    'Heartbeats go over the channel of `cluster`, and need no files.',
    '--worker-tmp-dir',
  ),
  user: same('-u', '--user'),
  group: same('-g', '--group'),
  umask: same('-m', '--umask'),
  initgroups: refused('Node.js cannot set the groups of a child process.', '--initgroups'),
  tmp_upload_dir: refused('The library that parses uploads chooses the directory.'),
  proc_name: refused(
    'The application can set its name: `process.title`. A changed title of the master would hide ' +
      'its command line from the pid file.',
    '-n',
    '--name',
  ),
  default_proc_name: refused('An internal setting of gunicorn.'),
  enable_stdio_inheritance: refused(
    'Workers of Node.js always inherit stdout and stderr, without a buffer.',
    '-R',
    '--enable-stdio-inheritance',
  ),
  control_socket: same('--control-socket'),
  control_socket_mode: same('--control-socket-mode'),
  control_socket_disable: same('--no-control-socket'),
  on_starting: same(),
  on_reload: same(),
  when_ready: same(),
  pre_fork: same(),
  post_fork: similar('The master calls the hook.'),
  post_worker_init: instead('Use `onWarmUp()` in the application.'),
  worker_int: similar('The master calls the hook.'),
  worker_abort: similar('The master calls the hook.'),
  pre_exec: same(),
  pre_request: refused('Use a middleware of the application.'),
  post_request: refused('Use a middleware of the application.'),
  child_exit: same(),
  worker_exit: similar('The master calls the hook.'),
  nworkers_changed: same(),
  on_exit: same(),
}
