import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, rmSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { environment } from '../../../src/config/environment.ts'

/** The directory of the images that tests build, in the user's cache. */
export const cache: string = join(
  environment()['XDG_CACHE_HOME'] || join(homedir(), '.cache'),
  'gunicorn-prometheus-exporter/images',
)
/** The options of buildah that choose the store. */
export const store: readonly string[] = [
  ...['--root', join(cache, 'store'), '--runroot', join(cache, 'run')],
]
/** One build at a time: builds of the same stages take the layers of the first build. */
export const buildLock: string = join(cache, 'build.lock')
const base = 'node:24-bookworm-slim'

/**
 * Makes the store ready for tests. Removes the containers of tests that have ended, and the images
 * without a name. Makes the base of the images, once per machine, in minutes. A test must not
 * remove layers, because the builds of other tests use them.
 *
 * @returns what could not be removed, or undefined.
 */
export function prepareStore(): string | undefined {
  mkdirSync(cache, { recursive: true })
  if (!isReadable()) discardStore()
  const locked = ['flock', buildLock, 'buildah', ...store]
  const left = containers().filter((name) => !isOfRunningTest(name))
  const failures = [
    ...left.map((name) => failureOf([...locked, 'rm', name])),
    failureOf([...locked, 'rmi', '--prune']),
  ].filter((failure) => failure !== undefined)
  makeBase()
  return failures.length === 0 ? undefined : failures.join('\n')
}

/** Makes the base of the images where the store has none. */
export function makeBase(): void {
  mkdirSync(cache, { recursive: true })
  // The script makes the image for arm64 last.
  if (buildah(['images', '--quiet', '--filter', `reference=${base}-arm64`]) !== '') return
  const script = join(import.meta.dirname, 'base-image.sh')
  output('flock', [join(cache, 'base.lock'), script, base, ...store])
}

let containersOfThisProcess = 0

/** A name for a container. The name says which process removes the container. */
export function containerName(): string {
  containersOfThisProcess += 1
  return `test-${process.pid}-${containersOfThisProcess}`
}

/** Containers of other names are those of builds. Their removal waits until no build runs. */
function isOfRunningTest(name: string): boolean {
  const [, pid] = /^test-(\d+)-\d+$/.exec(name) ?? []
  return pid !== undefined && existsSync(`/proc/${pid}`)
}

function containers(): string[] {
  return buildah(['containers', '--noheading', '--format', '{{.ContainerName}}'])
    .split('\n')
    .filter(Boolean)
}

function isReadable(): boolean {
  return failureOf(['buildah', ...store, 'images']) === undefined
}

/** Containers that are mounted keep the directory busy. */
function discardStore(): void {
  const directory = join(cache, 'store')
  const mounts = join(directory, 'overlay')
  failureOf(['umount', '--recursive', mounts])
  rmSync(directory, { recursive: true, force: true })
}

function failureOf([file = '', ...args]: readonly string[]): string | undefined {
  try {
    output(file, args)
    return undefined
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

/** Runs buildah with the store. @throws with the output of a command that failed. */
export function buildah(args: readonly string[]): string {
  return output('buildah', [...store, ...args])
}

/** Runs a command of at most 15 minutes. @throws with the output of a command that failed. */
export function output(file: string, args: readonly string[]): string {
  const options = { encoding: 'utf8', timeout: 900_000, maxBuffer: 64 * 1024 * 1024 } as const
  const { status, stdout, stderr } = spawnSync(file, args, options)
  if (status === 0) return stdout.trim()
  throw new Error(`${file} ${args.join(' ')}\n${stdout}\n${stderr}`)
}
