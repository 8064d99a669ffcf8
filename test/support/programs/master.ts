import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { parsePage, type Sample } from '../prometheus/page.ts'
import {
  endGroup,
  eventually,
  fetchText,
  fixtures,
  freePort,
  nodeUnderTest,
  startProgram,
  workingDirectory,
} from './app.ts'

/** The built command. */
export const command: string = process.env['PROJECT_UNDER_TEST']
  ? join(workingDirectory, 'node_modules/gunicorn-prometheus-exporter/dist/cli.cjs')
  : join(import.meta.dirname, '../../../dist/cli.cjs')

export interface MasterOptions {
  /** File below test/fixtures/apps, or an absolute path. */
  readonly file?: string
  /** Arguments between `run` and the file. */
  readonly options?: readonly string[]
  readonly args?: readonly string[]
  /** Options of Node.js. */
  readonly nodeArgs?: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  /** A command that starts node, for example `unshare` with its options. */
  readonly starter?: readonly string[]
  readonly cwd?: string
}

export interface Master {
  readonly child: ChildProcess
  /** The port of the application, which the variable PORT names. */
  readonly port: number
  readonly metricsPort: number
  readonly stdout: () => string
  readonly stderr: () => string
  /** The current samples of the page. */
  readonly page: () => Promise<Sample[]>
  /** Waits until exactly this number of workers live and listen. */
  readonly serving: (workers: number) => Promise<readonly number[]>
  /** Pids of live workers from the log on stderr, the oldest first. */
  readonly workers: () => readonly number[]
  readonly signal: (name: string) => void
  /** Resolves with the exit code and the signal. */
  readonly ended: Promise<{ readonly code: number | null; readonly signal: string | null }>
  /** Kills master and workers and waits for the end. */
  readonly stop: () => Promise<void>
}

/** Starts a real master over a real application. */
export async function startMaster({
  file = 'run/served.cjs',
  options = [],
  args = [],
  nodeArgs = [],
  env = {},
  starter = [],
  cwd = workingDirectory,
}: MasterOptions = {}): Promise<Master> {
  const [port, metricsPort] = [await freePort(), await freePort()]
  const app = file.startsWith('/') ? file : join(fixtures, 'apps', file)
  const run = [...starter, nodeUnderTest, ...nodeArgs, command, 'run', ...options, app, ...args]
  const variables = {
    PORT: String(port),
    PROMETHEUS_METRICS_PORT: String(metricsPort),
    PROMETHEUS_BIND_ADDRESS: '127.0.0.1',
    PROMETHEUS_PAGE_MAX_AGE: '0',
    // Masters of several tests would compete for the default place in the home of this user.
    GUNICORN_CONTROL_SOCKET_DISABLE: 'true',
    ...env,
  }
  const { child, stdout, stderr, ended } = startProgram(run, variables, cwd)
  const page = async (): Promise<Sample[]> =>
    parsePage(await fetchText(`http://127.0.0.1:${metricsPort}/metrics`))
  const workers = (): number[] => livingWorkers(stderr())
  return {
    child,
    port,
    metricsPort,
    stdout,
    stderr,
    page,
    workers,
    serving: (count) =>
      eventually(async () => {
        const samples = await page()
        const states = ['live', 'listening'].map((state) => stateOf(samples, state))
        const pids = workers()
        if (pids.length === count && states.every((each) => each === count)) return pids
        throw new Error(`${pids.length} workers, live and listening ${states}; log: ${stderr()}`)
      }, 60_000),
    signal: (name) => void process.kill(child.pid ?? 0, name),
    ended,
    async stop() {
      endGroup(child)
      if (child.exitCode === null && child.signalCode === null) await once(child, 'close')
    },
  }
}

/** Acts on a real master, and stops it. */
export async function withMaster(
  options: MasterOptions,
  act: (master: Master) => Promise<void>,
): Promise<void> {
  const master = await startMaster(options)
  try {
    await act(master)
  } finally {
    await master.stop()
  }
}

/** The number of log lines with this text after the prefix. */
export function countLines(log: string, text: string): number {
  return log.split('\n').filter((line) => line.includes(`] ${text}`)).length
}

function stateOf(samples: readonly Sample[], state: string): number | undefined {
  return samples.find(
    ({ name, labels }) => name === 'gunicorn_master_workers' && labels['state'] === state,
  )?.value
}

function livingWorkers(log: string): number[] {
  const living = new Set<number>()
  for (const [, booted, ended] of log.matchAll(
    /\] (?:Booting worker with pid: (\d+)|Worker (?:\S+ )?\(pid:(\d+)\) ended(?:: | by | with ))/g,
  )) {
    if (booted) living.add(Number(booted))
    else living.delete(Number(ended))
  }
  return [...living]
}
