import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import { need, pm2 } from '../tools.ts'
import { cleanEnvironment, eventually, fixtures, nodeUnderTest, preloadFlags } from './app.ts'
import type { Belongings } from './belongings.ts'
import { temporaryDirectory } from './temporary-directory.ts'

export interface Pm2Options {
  /** File below test/fixtures/apps. */
  readonly file: string
  readonly instances: number
  readonly env: Readonly<Record<string, string>>
  /**
   * With a mode, PM2's daemon starts without `env`, and an ecosystem file has `env` and the
   * preload. Otherwise daemon and application get `env`, in cluster mode.
   */
  readonly ecosystem?: 'cluster' | 'fork'
  /** Variables of the daemon beside an ecosystem file. */
  readonly daemonEnv?: Readonly<Record<string, string>>
}

export interface Pm2 {
  /** Runs one command to its end. Throws if the command fails. */
  readonly run: (...args: readonly string[]) => string
  /** Pids of the instances that are online. */
  readonly pids: () => readonly number[]
  readonly daemon: number
  /** The log of the daemon, which gets what workers write to their stderr. */
  readonly log: () => string
}

interface Listed {
  readonly pid: number
  readonly pm2_env: { readonly status: string }
}

/** Starts PM2 with its own daemon until the end of the test, or returns undefined without PM2. */
export async function startPm2(context: Belongings, options: Pm2Options): Promise<Pm2 | undefined> {
  const script = need(context, pm2())
  if (script === undefined) return undefined
  const home = await temporaryDirectory(context)
  const variables = cleanEnvironment({
    ...(options.ecosystem === undefined ? options.env : options.daemonEnv),
    HOME: home,
    PM2_HOME: home,
    PM2_DISABLE_VERSION_CHECK: 'true',
    // PM2 starts its daemon by the name `node`.
    PATH: [dirname(nodeUnderTest), process.env['PATH']].join(delimiter),
  })
  const run = (...args: readonly string[]): string => {
    const settings = { env: variables, encoding: 'utf8', timeout: 60_000 } as const
    const { status, stdout, stderr } = spawnSync(nodeUnderTest, [script, ...args], settings)
    if (status !== 0) throw new Error(`pm2 ${args.join(' ')}: ${stdout}${stderr}`)
    return stdout
  }
  const daemonFile = join(home, 'pm2.pid')
  context.after(() => endDaemon(daemonFile))
  if (options.ecosystem === undefined) run('start', ...startArguments(options))
  else {
    // The daemon is there before the application.
    run('ping')
    run('start', writeEcosystem(home, options))
  }
  const pids = (): number[] => {
    const listed = JSON.parse(/^\[.*\]$/m.exec(run('jlist'))?.[0] ?? '[]') as Listed[]
    return listed.filter(({ pm2_env }) => pm2_env.status === 'online').map(({ pid }) => pid)
  }
  const log = (): string => readFileSync(join(home, 'pm2.log'), 'utf8')
  return { run, pids, log, daemon: Number(readFileSync(daemonFile, 'utf8')) }
}

const killTimeoutMs = 10_000

function startArguments({ file, instances }: Pm2Options): string[] {
  const flags = ['-i', `${instances}`, '--kill-timeout', `${killTimeoutMs}`]
  const nodeArgs = `--node-args=${preloadFlags('require').join(' ')}`
  return [join(fixtures, 'apps', file), '--name', 'app', ...flags, nodeArgs]
}

/** @returns the path of the file. */
function writeEcosystem(
  home: string,
  { file, instances, env, ecosystem, daemonEnv }: Pm2Options,
): string {
  const app = {
    ...{ name: 'app', script: join(fixtures, 'apps', file), instances, env },
    exec_mode: ecosystem,
    kill_timeout: killTimeoutMs,
    // A daemon with variables has the preload for its workers, too.
    node_args: daemonEnv === undefined ? preloadFlags('require') : [],
  }
  const path = join(home, 'ecosystem.config.json')
  writeFileSync(path, JSON.stringify({ apps: [app] }))
  return path
}

/** The workers end with the daemon. */
async function endDaemon(daemonFile: string): Promise<void> {
  let pid: number
  try {
    pid = Number(readFileSync(daemonFile, 'utf8'))
  } catch {
    return
  }
  signal(pid, 'SIGTERM')
  await eventually(() => {
    if (signal(pid, 0)) throw new Error(`PM2's daemon ${pid} still runs`)
  }).catch(() => signal(pid, 'SIGKILL'))
}

function signal(pid: number, name: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(pid, name)
  } catch {
    return false
  }
}
