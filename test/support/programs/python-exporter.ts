import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type App, endGroup, eventually, freePort, startProgram } from './app.ts'
import type { Belongings } from './belongings.ts'
import { get } from './load.ts'
import { temporaryDirectory } from './temporary-directory.ts'

const application = `
def app(environ, start_response):
    if environ['PATH_INFO'] == '/error':
        raise ValueError('no')
    start_response('200 OK', [('Content-Type', 'text/plain')])
    return [b'ok']
`

function configuration(port: number): string {
  return `
from gunicorn_prometheus_exporter.hooks import default_on_starting, default_post_fork
from gunicorn_prometheus_exporter.hooks import default_when_ready
bind = '127.0.0.1:${port}'
workers = 2
worker_class = 'gunicorn_prometheus_exporter.PrometheusWorker'
on_starting = default_on_starting
post_fork = default_post_fork
when_ready = default_when_ready
`
}

export interface PythonExporter extends Pick<App, 'child' | 'stderr'> {
  readonly metricsPort: number
  /** Sends some requests, with one that raises an exception. */
  readonly send: () => Promise<void>
}

/** Starts gunicorn with two workers and the Python exporter, until the end of the test. */
export async function startPythonExporter(
  context: Pick<Belongings, 'after'>,
  python: string,
): Promise<PythonExporter> {
  const directory = await temporaryDirectory(context)
  const [port, metricsPort] = [await freePort(), await freePort()]
  writeFileSync(join(directory, 'app.py'), application)
  writeFileSync(join(directory, 'gunicorn.conf.py'), configuration(port))
  const variables = {
    PROMETHEUS_METRICS_PORT: String(metricsPort),
    PROMETHEUS_BIND_ADDRESS: '127.0.0.1',
    PROMETHEUS_MULTIPROC_DIR: directory,
    GUNICORN_WORKERS: '2',
  }
  const run = [python, '-m', 'gunicorn', 'app:app']
  const { child, stderr } = startProgram(run, variables, directory)
  context.after(() => endGroup(child))
  await eventually(async () => {
    await get(port, '/').catch((cause: unknown) => {
      throw new Error(stderr(), { cause })
    })
  }, 60_000)
  return {
    child,
    stderr,
    metricsPort,
    async send() {
      for (const path of ['/', '/', '/', '/error']) await get(port, path).catch(() => {})
    },
  }
}
