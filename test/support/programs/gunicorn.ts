import { once } from 'node:events'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { endGroup, eventually, fixtures, freePort, startProgram } from './app.ts'

interface GunicornOptions {
  /** A Python that has gunicorn. */
  readonly python: string
  readonly options: readonly string[]
}

/** Starts the real gunicorn with an application of Python, until the end of the test. */
export async function startGunicorn(
  context: TestContext,
  { python, options }: GunicornOptions,
): Promise<{ readonly port: number }> {
  const port = await freePort()
  const bind = ['--bind', `127.0.0.1:${port}`, '--no-control-socket', '--keep-alive', '0']
  const run = [python, '-m', 'gunicorn', ...bind, ...options, 'answers:application']
  const { child, stderr } = startProgram(run, {}, join(fixtures, 'apps/run'))
  context.after(async () => {
    endGroup(child)
    if (child.exitCode === null && child.signalCode === null) await once(child, 'close')
  })
  await eventually(() => {
    if (!stderr().includes('Booting worker')) throw new Error(stderr())
  })
  await eventually(async () => await connects(port))
  return { port }
}

/** Without a request: a request would be in the access log. */
async function connects(port: number): Promise<void> {
  const { connect } = await import('node:net')
  const socket = connect(port, '127.0.0.1')
  await once(socket, 'connect')
  socket.destroy()
}
