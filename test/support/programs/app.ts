import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { dirname, join } from 'node:path'
import { after } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { parsePage, type Sample } from '../prometheus/page.ts'

/*
 * Starts real programs under the preload. The matrix sets three variables to run the same tests
 * with another Node and the packed package:
 *   NODE_UNDER_TEST     path of the node binary that runs the programs
 *   PROJECT_UNDER_TEST  a project that has the package installed and a copy of test/fixtures
 */
const root = join(import.meta.dirname, '../../..')
const project = process.env['PROJECT_UNDER_TEST']

export const nodeUnderTest: string = process.env['NODE_UNDER_TEST'] ?? process.execPath
export const fixtures: string = project ? join(project, 'fixtures') : join(root, 'test/fixtures')
export const workingDirectory: string = project ?? root

export type Preload = 'none' | 'require' | 'import' | 'NODE_OPTIONS'

/** Flags that preload the package in the given way. @param cwd where the program runs. */
export function preloadFlags(preload: Preload, cwd: string = workingDirectory): string[] {
  const built = (file: string): string => {
    if (project === undefined) return join(root, 'dist', file)
    // In another directory, Node does not find the package by its name.
    if (cwd === project) return 'gunicorn-prometheus-exporter/register'
    return join(project, 'node_modules/gunicorn-prometheus-exporter/dist', file)
  }
  if (preload === 'require') return ['--require', built('register.cjs')]
  if (preload === 'import') return ['--import', built('register.mjs')]
  return []
}

export interface AppOptions {
  /** File below test/fixtures, or an absolute path. */
  readonly file: string
  readonly preload?: Preload
  readonly args?: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  readonly nodeArgs?: readonly string[]
  readonly cwd?: string
  /** A command that takes node and the arguments of node as its arguments. */
  readonly through?: readonly string[]
}

export interface App {
  readonly child: ChildProcess
  readonly metricsUrl: string
  readonly stdout: () => string
  readonly stderr: () => string
  /** Resolves with the port of the program's first line `ready <port>` on stdout. */
  readonly ready: () => Promise<number>
  /** The page's samples now. */
  readonly page: () => Promise<Sample[]>
  /** Ends with exit code and signal. */
  readonly ended: Promise<{ readonly code: number | null; readonly signal: string | null }>
  /** Kills the program and waits for its end. */
  readonly stop: () => Promise<void>
}

/** The environment without variables that change Node or the package. */
export function cleanEnvironment(
  extra: Readonly<Record<string, string>> = {},
): Record<string, string> {
  const kept = Object.entries(process.env).filter(
    ([name]) => !/^(?:NODE_|PROMETHEUS_|OTEL_|GUNICORN_|REDIS_|npm_)/.test(name),
  )
  for (const [name, value] of Object.entries<unknown>(extra)) assertText(name, value)
  return { ...(Object.fromEntries(kept) as Record<string, string>), ...extra }
}

/** Node.js passes a Promise on as the text `[object Promise]`, and a program writes there. */
function assertText(name: string, value: unknown): void {
  if (typeof value === 'string' && !value.includes('[object ')) return
  throw new TypeError(`The variable ${name} must be a text, and is ${String(value)}.`)
}

/** The programs that run, until they end. */
const running = new Set<ChildProcess>()

// A failed cleanup leaves out the cleanups after it, and this process would wait for its programs.
if (process.env['NODE_TEST_CONTEXT'] !== undefined) {
  after(() => {
    for (const child of running) endGroup(child)
  })
}

type Program = Pick<App, 'child' | 'stdout' | 'stderr' | 'ended'>

/** Starts a program with a clean environment and collects its output. */
export function startProgram(
  [file = '', ...args]: readonly string[],
  env: Readonly<Record<string, string>>,
  cwd: string = workingDirectory,
): Program {
  const child = spawn(file, args, {
    cwd,
    env: cleanEnvironment(env),
    stdio: ['ignore', 'pipe', 'pipe'],
    // A process group, because a worker can outlive its primary.
    detached: true,
  })
  running.add(child)
  child.once('close', () => running.delete(child))
  let stdout = ''
  let stderr = ''
  child.stdout.on('data', (data) => {
    stdout += data
  })
  child.stderr.on('data', (data) => {
    stderr += data
  })
  return {
    child,
    stdout: () => stdout,
    stderr: () => stderr,
    ended: once(child, 'close').then(() => ({ code: child.exitCode, signal: child.signalCode })),
  }
}

export async function startApp({
  file,
  preload = 'require',
  args = [],
  env = {},
  nodeArgs = [],
  cwd = workingDirectory,
  through = [],
}: AppOptions): Promise<App> {
  const options =
    preload === 'NODE_OPTIONS' ? { NODE_OPTIONS: preloadFlags('require', cwd).join(' ') } : {}
  const path = file.startsWith('/') ? file : join(fixtures, file)
  const command = [
    ...through,
    nodeUnderTest,
    ...preloadFlags(preload, cwd),
    ...nodeArgs,
    path,
    ...args,
  ]
  return await startCommand(command, { ...options, ...env }, cwd)
}

/** Starts a program of its own, such as a single executable application. */
export async function startExecutable(
  file: string,
  env: Readonly<Record<string, string>>,
): Promise<App> {
  return await startCommand([file], env, dirname(file))
}

async function startCommand(
  command: readonly string[],
  env: Readonly<Record<string, string>>,
  cwd: string,
): Promise<App> {
  const metricsPort = env['PROMETHEUS_METRICS_PORT'] ?? String(await freePort())
  const variables = {
    PROMETHEUS_METRICS_PORT: metricsPort,
    PROMETHEUS_BIND_ADDRESS: '127.0.0.1',
    // A page after an event must include the event.
    PROMETHEUS_PAGE_MAX_AGE: '0',
    ...env,
  }
  const { child, stdout, stderr, ended } = startProgram(command, variables, cwd)
  const metricsUrl = `http://127.0.0.1:${metricsPort}/metrics`
  return {
    child,
    metricsUrl,
    stdout,
    stderr,
    ready: () =>
      eventually(() => {
        const port = /^ready (\d+)$/m.exec(stdout())?.[1]
        if (port === undefined) {
          throw new Error(`not ready; stdout: ${stdout()} stderr: ${stderr()}`)
        }
        return Number(port)
      }, readyDeadlineMs),
    page: async () => parsePage(await fetchText(metricsUrl)),
    ended,
    async stop() {
      endGroup(child)
      await ended
    },
  }
}

/** A cluster with many series starts slowly beside other tests. */
const readyDeadlineMs = 90_000

/** Acts on the clustered server of the fixtures under the preload, and stops it. */
export async function withCluster(
  env: Readonly<Record<string, string>>,
  act: (app: App, port: number) => Promise<void>,
): Promise<void> {
  const app = await startApp({ file: 'apps/cluster/cluster.cjs', env })
  try {
    await act(app, await app.ready())
  } finally {
    await app.stop()
  }
}

export async function fetchText(
  url: string,
  headers: Record<string, string> = {},
): Promise<string> {
  const response = await fetch(url, { headers })
  if (response.status !== 200)
    throw new Error(`${url} answered ${response.status}: ${await response.text()}`)
  return await response.text()
}

/**
 * Repeats until the function does not throw. The deadline only ends a failing test. The deadline
 * is far above the time that any machine needs.
 */
export async function eventually<T>(act: () => T | Promise<T>, deadlineMs = 20_000): Promise<T> {
  const end = Date.now() + deadlineMs
  for (;;) {
    try {
      return await act()
    } catch (error) {
      if (Date.now() > end) throw error
      await sleep(50)
    }
  }
}

/**
 * Returns a free port below the ephemeral ports of the system. The system could give an ephemeral
 * port to another connection before the program binds the port. A program may not listen yet on a
 * port that was returned: processes of tests begin at different ports, and go up.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = 20_000 + (nextPort % 12_000)
    nextPort += 1
    if (await isFree(port)) return port
  }
}

let nextPort = 37 * process.pid

async function isFree(port: number): Promise<boolean> {
  const server = createServer().listen(port, '127.0.0.1')
  try {
    await once(server, 'listening')
  } catch {
    return false
  }
  server.close()
  await once(server, 'close')
  return true
}

/** Kills the process group of a program. */
export function endGroup({ pid }: Pick<ChildProcess, 'pid'>): void {
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGKILL')
  } catch {
    // No process of the group is left.
  }
}
