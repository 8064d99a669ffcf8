import { type ChildProcess, spawnSync } from 'node:child_process'
import { chmodSync, chownSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { nodeUnderTest } from '../programs/app.ts'
import { command } from '../programs/master.ts'
import { children } from '../programs/namespaces.ts'
import type { Container, EnvironmentEntry, Volume } from './objects.ts'

const deploy = join(import.meta.dirname, '../../../deploy')
const application = join(deploy, 'compose/application')
const dockerfile = join(deploy, 'docker/Dockerfile')
const user = '65532'

/** What a cluster gives to a pod. */
export interface Surroundings {
  /** The name of the node. */
  readonly node: string
  /** Keys and values by the name of the Secret. */
  readonly secrets: Readonly<Record<string, Readonly<Record<string, string>>>>
  /** Variables of the test, which win: the address of a server, and shorter intervals. */
  readonly env: Readonly<Record<string, string>>
}

/** The default port of a page. */
const defaultPort = { PROMETHEUS_METRICS_PORT: '9091' }

interface Places {
  /** The directory of each volume, by the path in the container. */
  readonly mounts: ReadonlyMap<string, string>
  /** The port on this machine, for a port of the manifest. */
  readonly portOf: (port: number) => Promise<number>
}

/** The variables of a container. Paths and ports are those of this machine. */
export async function environmentOf(
  { image, env = [] }: Container,
  surroundings: Surroundings,
  { mounts, portOf }: Places,
): Promise<Record<string, string>> {
  const given = env.flatMap((entry) => {
    const value = givenValue(entry, surroundings)
    return value === undefined ? [] : [[entry.name, value] as const]
  })
  const all = {
    ...defaultPort,
    ...ofImage(image),
    ...Object.fromEntries(given),
    ...surroundings.env,
  }
  const placed = Object.entries(all).map(async ([name, value]) => {
    const isOwnPort = name === 'PORT' || name === 'PROMETHEUS_METRICS_PORT'
    return [name, isOwnPort ? `${await portOf(Number(value))}` : pathIn(mounts, value)] as const
  })
  return Object.fromEntries(await Promise.all(placed))
}

/** The variables of an image of this repository. */
function ofImage(image: string): Record<string, string> {
  const stage = image.includes('-demo:') ? 'demo' : 'sidecar'
  const [, text = ''] = readFileSync(dockerfile, 'utf8').split(`\nFROM runtime AS ${stage}\n`)
  if (text === '') throw new Error(`There is no stage ${stage}.`)
  const [, line] = /^ENV (.+)$/m.exec(text.split('\nFROM ')[0] ?? '') ?? []
  if (line === undefined) return {}
  return Object.fromEntries(line.split(' ').map((each) => each.split('=')))
}

function givenValue(entry: EnvironmentEntry, { node, secrets }: Surroundings): string | undefined {
  const { fieldRef, secretKeyRef } = entry.valueFrom ?? {}
  if (fieldRef) {
    if (fieldRef.fieldPath !== 'spec.nodeName') throw new Error(`unknown: ${fieldRef.fieldPath}`)
    return node
  }
  if (!secretKeyRef) return entry.value
  const value = secrets[secretKeyRef.name]?.[secretKeyRef.key]
  // The kubelet does not start such a container.
  if (value === undefined && !secretKeyRef.optional) throw new Error(`no ${secretKeyRef.name}`)
  return value
}

function pathIn(mounts: ReadonlyMap<string, string>, value: string): string {
  for (const [path, directory] of mounts) {
    if (value === path || value.startsWith(`${path}/`)) return directory + value.slice(path.length)
  }
  return value
}

/** Makes a volume as the kubelet does for a pod with `fsGroup`. */
export function makeVolume(directory: string, { secret }: Volume, with_: Surroundings): void {
  mkdirSync(directory)
  if (secret) {
    const keys = with_.secrets[secret.secretName]
    if (!keys) throw new Error(`no Secret ${secret.secretName}`)
    const items = secret.items ?? Object.keys(keys).map((key) => ({ key, path: key }))
    for (const { key, path } of items) {
      const file = join(directory, path)
      writeFileSync(file, keys[key] ?? '')
      chmodSync(file, secret.defaultMode ?? 0o644)
      giveToGroup(file)
    }
  }
  giveToGroup(directory)
  chmodSync(directory, secret ? 0o755 : 0o2777)
}

function giveToGroup(path: string): void {
  if (isolation()) chownSync(path, 0, Number(user))
}

/** The command of a container: the entry point of both images is the command line. */
export function commandOf({ args = [] }: Container, writable: readonly string[]): string[] {
  const paths = args.map((arg) => arg.replace(/^\/app\//, `${application}/`))
  const program = [nodeUnderTest, command, ...paths]
  return isolation() ? [...isolated(writable), ...program] : program
}

/**
 * Arguments for the user of the manifest, without capabilities, on a read-only root, as PID 1 of
 * a namespace.
 */
function isolated(writable: readonly string[]): string[] {
  const keep = writable.map((path) => `mount --bind '${path}' '${path}'`)
  const script = [...keep, 'mount -o remount,ro,bind /', 'exec "$@"'].join(' && ')
  const ids = ['--reuid', user, '--regid', user, '--clear-groups']
  const rights = ['--bounding-set=-all', '--inh-caps=-all', '--no-new-privs']
  const spaces = ['unshare', '--mount', '--pid', '--fork', '--kill-child', '--mount-proc']
  return [...spaces, 'sh', '-c', script, 'container', 'setpriv', ...ids, ...rights]
}

/** Signals a container. SIGTERM is that of a kubelet, and SIGKILL that of the kernel. */
export function terminate(
  { pid = 0 }: Pick<ChildProcess, 'pid'>,
  signal: 'SIGTERM' | 'SIGKILL' = 'SIGTERM',
): void {
  // `unshare` does not pass signals on.
  const [first = pid] = isolation() ? children(pid) : []
  process.kill(first, signal)
}

/** Whether this process may start programs so, and the other user may read the package. */
export function isolation(): boolean {
  known ??= isIsolated()
  return known
}

let known: boolean | undefined

function isIsolated(): boolean {
  const [file = '', ...args] = isolated([])
  const { status } = spawnSync(file, [...args, nodeUnderTest, command, '--version'])
  return status === 0
}
