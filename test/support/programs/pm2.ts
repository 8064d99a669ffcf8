import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
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
}

export interface Pm2 {
  /** Runs one command to its end. Throws if the command fails. */
  readonly run: (...args: readonly string[]) => string
  /** Pids of the instances that are online. */
  readonly pids: () => readonly number[]
  readonly daemon: number
}

interface Listed {
  readonly pid: number
  readonly pm2_env: { readonly status: string }
}

/** Starts PM2 in cluster mode with its own daemon until the end of the test, or undefined. */
export async function startPm2(
  context: Belongings,
  { file, instances, env }: Pm2Options,
): Promise<Pm2 | undefined> {
  const script = need(context, pm2())
  if (script === undefined) return undefined
  const home = await temporaryDirectory(context)
  const variables = cleanEnvironment({
    ...env,
    HOME: home,
    PM2_HOME: home,
    PM2_DISABLE_VERSION_CHECK: 'true',
    // PM2 starts its daemon by the name `node`.
    PATH: [dirname(nodeUnderTest), process.env['PATH']].join(delimiter),
  })
  const run = (...args: readonly string[]): string => {
    const options = { env: variables, encoding: 'utf8', timeout: 60_000 } as const
    const { status, stdout, stderr } = spawnSync(nodeUnderTest, [script, ...args], options)
    if (status !== 0) throw new Error(`pm2 ${args.join(' ')}: ${stdout}${stderr}`)
    return stdout
  }
  const daemonFile = join(home, 'pm2.pid')
  context.after(() => end(daemonFile))
  const flags = ['-i', `${instances}`, '--kill-timeout', '10000']
  const nodeArgs = `--node-args=${preloadFlags('require').join(' ')}`
  run('start', join(fixtures, 'apps', file), '--name', 'app', ...flags, nodeArgs)
  const pids = (): number[] => {
    const listed = JSON.parse(/^\[.*\]$/m.exec(run('jlist'))?.[0] ?? '[]') as Listed[]
    return listed.filter(({ pm2_env }) => pm2_env.status === 'online').map(({ pid }) => pid)
  }
  return { run, pids, daemon: Number(readFileSync(daemonFile, 'utf8')) }
}

/** The workers end with the daemon. */
async function end(daemonFile: string): Promise<void> {
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
