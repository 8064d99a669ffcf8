import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { connect } from 'node:net'
import { homedir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { environment } from '../../../src/config/environment.ts'
import { processesWith } from '../chaos/process-table.ts'
import {
  cleanEnvironment,
  eventually,
  fetchText,
  freePort,
  nodeUnderTest,
  startProgram,
} from '../programs/app.ts'
import type { Belongings } from '../programs/belongings.ts'
import { parsePage, type Sample } from '../prometheus/page.ts'

const run = promisify(execFile)

/** An install of many packages is slow beside other tests. */
const startDeadlineMs = 400_000

export interface ExampleStart {
  readonly directory: string
  readonly command: string
  readonly env: Readonly<Record<string, string>>
  /** Other ports by the ports of the README. */
  readonly ports: ReadonlyMap<string, string>
}

/** An example that serves. */
export interface StartedExample {
  /** Runs a command of the README in the folder. Resolves with its stdout. */
  readonly sh: (command: string) => Promise<string>
  readonly page: () => Promise<Sample[]>
  readonly log: () => string
  /** Sends the signal to all processes, as a terminal does, and waits until none is left. */
  readonly end: (signal: 'SIGINT' | 'SIGTERM') => Promise<void>
}

/** Free ports in place of the ports that the examples use. */
export async function freePorts(names: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const ports = new Map<string, string>()
  for (const name of names) ports.set(name, String(await freePort()))
  return ports
}

export function withPorts(text: string, ports: ReadonlyMap<string, string>): string {
  return [...ports].reduce((changed, [from, to]) => changed.replaceAll(`:${from}`, `:${to}`), text)
}

/** The environment of a reader's terminal, with free ports. */
export function readerEnvironment(extra: Readonly<Record<string, string>>): Record<string, string> {
  const all = environment()
  const ofNpm = Object.entries(all).filter(([name]) => /^npm_config_|^NODE_EXTRA_CA/i.test(name))
  return cleanEnvironment({
    ...(Object.fromEntries(ofNpm) as Record<string, string>),
    // npm itself runs on the Node under test, too.
    PATH: [dirname(nodeUnderTest), all['PATH']].join(delimiter),
    npm_config_prefer_offline: 'true',
    // Marks all processes of this reader.
    READER: randomUUID(),
    NEXT_TELEMETRY_DISABLED: '1',
    ...extra,
  })
}

/** A home directory of its own, where an example must leave nothing. npm keeps its files. */
export function homeVariables(home: string): Record<string, string> {
  const all = environment()
  return {
    npm_config_cache: all['npm_config_cache'] ?? join(homedir(), '.npm'),
    npm_config_userconfig: all['npm_config_userconfig'] ?? join(homedir(), '.npmrc'),
    HOME: home,
    // Without a directory for sockets, the home directory gets the sockets of `run`, too.
    XDG_RUNTIME_DIR: '',
  }
}

export async function startExample(
  context: Pick<Belongings, 'after'>,
  { directory, command, env, ports }: ExampleStart,
): Promise<StartedExample> {
  const [port, metricsPort] = [Number(ports.get('8000')), Number(ports.get('9091'))]
  const variables = {
    ...{ PORT: String(port), PROMETHEUS_METRICS_PORT: String(metricsPort) },
    ...{ PROMETHEUS_BIND_ADDRESS: '127.0.0.1', PROMETHEUS_PAGE_MAX_AGE: '0' },
    ...env,
  }
  const program = startProgram(['sh', '-c', command], variables, directory)
  const { child, stdout, stderr, ended } = program
  context.after(() => killPrograms(env))
  const log = (): string => `${stdout()}${stderr()}`
  const page = async (): Promise<Sample[]> =>
    parsePage(await fetchText(`http://127.0.0.1:${metricsPort}/metrics`))
  await eventually(async () => {
    // PM2's command has ended by then.
    if (child.exitCode !== null && child.exitCode > 0) return
    await answers(port)
    await page()
  }, startDeadlineMs)
  assert.ok(child.exitCode === null || child.exitCode === 0, log())
  return {
    sh: async (text) => {
      // grep ends with 1 if no line is there yet.
      const args = ['-c', `${withPorts(text, ports)}\ntrue`]
      const options = { cwd: directory, env: cleanEnvironment(env), timeout: 60_000 }
      return (await run('sh', args, options)).stdout
    },
    page,
    log,
    end: async (signal) => {
      if (child.exitCode === null) process.kill(-(child.pid ?? 0), signal)
      await ended
      await eventually(() => assert.deepEqual(programsOf(env), [], log()))
    },
  }
}

/** Connects without a request. */
async function answers(port: number): Promise<void> {
  const socket = connect(port, '127.0.0.1')
  try {
    await once(socket, 'connect')
  } finally {
    socket.destroy()
  }
}

/** The command lines of a reader's processes that run, also of daemons. */
export function programsOf(env: Readonly<Record<string, string>>): string[] {
  return pidsOf(env).map((pid) => {
    try {
      return readFileSync(`/proc/${pid}/cmdline`, 'latin1').replaceAll('\0', ' ')
    } catch {
      return 'a process that has just ended'
    }
  })
}

export function killPrograms(env: Readonly<Record<string, string>>): void {
  for (const pid of pidsOf(env)) {
    try {
      process.kill(pid, 'SIGKILL')
    } catch {
      // The process has ended.
    }
  }
}

function pidsOf({ READER: reader }: Readonly<Record<string, string>>): readonly number[] {
  assert.ok(reader)
  return processesWith(`READER=${reader}`)
}
