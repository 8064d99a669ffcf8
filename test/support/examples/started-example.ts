import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { connect } from 'node:net'
import { delimiter, dirname } from 'node:path'
import { promisify } from 'node:util'
import { environment } from '../../../src/config/environment.ts'
import {
  cleanEnvironment,
  endGroup,
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
    NEXT_TELEMETRY_DISABLED: '1',
    ...extra,
  })
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
  context.after(() => endGroup(child))
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
      const group = child.pid ?? 0
      if (livingOf(group).length > 0) process.kill(-group, signal)
      await ended
      await eventually(() => assert.deepEqual(livingOf(group), [], log()))
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

/** The command lines of the processes of a group, without zombies. */
function livingOf(group: number): readonly string[] {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name))
  return pids.flatMap((pid) => {
    try {
      const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
      const [state, , processGroup] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
      if (Number(processGroup) !== group || state === 'Z') return []
      return [readFileSync(`/proc/${pid}/cmdline`, 'latin1').replaceAll('\0', ' ')]
    } catch {
      // The process has ended.
      return []
    }
  })
}
