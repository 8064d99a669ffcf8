import { type GunicornSettings, refused } from './answer.ts'

const wsgi = 'This setting is for applications of Python.'
const asgi = 'This setting is for the ASGI worker of Python.'
const dirty = 'gunicorn runs blocking Python there. Use `node:worker_threads` or a queue.'

/** Settings of gunicorn about Python. */
export const pythonSettings: GunicornSettings = {
  pythonpath: refused('Node.js finds modules by `node_modules` and `NODE_PATH`.', '--pythonpath'),
  paste: refused(wsgi, '--paste', '--paster'),
  raw_paste_global_conf: refused(wsgi, '--paste-global'),
  root_path: refused('The application mounts its routes below a path itself.', '--root-path'),
  asgi_loop: refused(asgi, '--asgi-loop'),
  asgi_lifespan: refused(`${asgi} Use \`onWarmUp()\` and \`onDrain()\`.`, '--asgi-lifespan'),
  asgi_disconnect_grace_period: refused(asgi, '--asgi-disconnect-grace-period'),
  dirty_apps: refused(dirty, '--dirty-app'),
  dirty_workers: refused(dirty, '--dirty-workers'),
  dirty_timeout: refused(dirty, '--dirty-timeout'),
  dirty_threads: refused(dirty, '--dirty-threads'),
  dirty_graceful_timeout: refused(dirty, '--dirty-graceful-timeout'),
  on_dirty_starting: refused(dirty),
  dirty_post_fork: refused(dirty),
  dirty_worker_init: refused(dirty),
  dirty_worker_exit: refused(dirty),
}
