import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { homedir } from 'node:os'
import { basename, join } from 'node:path'
import { environment } from '../../src/config/environment.ts'

/** Programs of one Go module. */
export interface GoModule {
  /** A short name, for the directory in the cache. */
  readonly name: string
  /** With the `v` in front. */
  readonly version: string
  /** Import paths of the main packages. A program has the name of the last part, not a version. */
  readonly packages: readonly string[]
  /** Of `go install`. */
  readonly flags?: readonly string[]
}

/**
 * The directory with the programs of the module. Go builds the programs once, which takes minutes,
 * into the user's cache.
 *
 * @returns undefined without Go, or where Go cannot get or build the module.
 */
export function builtByGo({ name, version, packages, flags = [] }: GoModule): string | undefined {
  const { XDG_CACHE_HOME: given } = environment()
  const cache = join(given || join(homedir(), '.cache'), 'gunicorn-prometheus-exporter')
  const digest = createHash('sha256').update(flags.join(' ')).digest('hex').slice(0, 8)
  const directory = join(cache, `${name}-${version}-${digest}`)
  const programs = packages.map((path) => join(directory, programOf(path)))
  const isComplete = (): boolean => programs.every((path) => existsSync(path))
  if (isComplete()) return directory
  mkdirSync(cache, { recursive: true })
  const draft = mkdtempSync(join(cache, 'draft-'))
  try {
    const install = ['go', 'install', ...flags, ...packages.map((path) => `${path}@${version}`)]
    const [program = '', ...args] = afterOthers({ directory, draft, programs }, install)
    spawnSync(program, args, {
      cwd: draft,
      env: { ...process.env, GOBIN: draft, GOFLAGS: '', CGO_ENABLED: '0' },
      stdio: 'ignore',
      timeout: 20 * 60_000,
    })
  } finally {
    rmSync(draft, { recursive: true, force: true })
  }
  return isComplete() ? directory : undefined
}

/** The name that Go gives the program: a major version is no name. */
function programOf(path: string): string {
  return basename(path.replace(/\/v\d+$/, ''))
}

interface Installation {
  readonly directory: string
  /** The directory into which the command installs, which becomes the other directory. */
  readonly draft: string
  /** Paths. */
  readonly programs: readonly string[]
}

/**
 * The command and the move of its draft, after those of another process for this directory have
 * ended. If all programs are there then, nothing is done. The move is within the lock: otherwise
 * another process could remove the directory that this process has just returned.
 */
function afterOthers(
  { directory, draft, programs }: Installation,
  command: readonly string[],
): readonly string[] {
  const { error } = spawnSync('flock', ['--version'], { stdio: 'ignore' })
  const lock = error === undefined ? ['flock', `${directory}.lock`] : []
  // A directory without one of the programs cannot be renamed over.
  const script =
    'directory=$1; draft=$2; shift 2; ' +
    'until test "$1" = --; do test -e "$1" || missing=yes; shift; done; shift; ' +
    'test -z "$missing" || { "$@" && rm -rf "$directory" && mv "$draft" "$directory"; }'
  return [...lock, 'sh', '-c', script, 'sh', directory, draft, ...programs, '--', ...command]
}
