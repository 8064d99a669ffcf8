import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs'
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
  /**
   * A directory with a go.mod that requires the module, and its go.sum. `go install` without a plan
   * refuses a module whose go.mod replaces another module.
   */
  readonly plan?: string
  /** Of `go install` or `go build`. */
  readonly flags?: readonly string[]
}

/**
 * The directory with the programs of the module. Go builds the programs once, which takes minutes,
 * into the user's cache.
 *
 * @returns undefined without Go, or where Go cannot get or build the module.
 */
export function builtByGo(module: GoModule): string | undefined {
  const { name, version, packages, plan } = module
  const { XDG_CACHE_HOME: given } = environment()
  const cache = join(given || join(homedir(), '.cache'), 'gunicorn-prometheus-exporter')
  const directory = join(cache, `${name}-${version}`)
  const isComplete = (): boolean =>
    packages.every((path) => existsSync(join(directory, programOf(path))))
  if (isComplete()) return directory
  mkdirSync(cache, { recursive: true })
  const draft = mkdtempSync(join(cache, 'draft-'))
  try {
    const [program = '', ...args] = afterOthers(directory, commandOf(module, draft))
    const { status } = spawnSync(program, args, {
      cwd: plan ?? draft,
      env: { ...process.env, GOBIN: draft, GOFLAGS: '', CGO_ENABLED: '0' },
      stdio: 'ignore',
      timeout: 20 * 60_000,
    })
    if (status === 0 && !isComplete()) renameSync(draft, directory)
  } finally {
    rmSync(draft, { recursive: true, force: true })
  }
  return isComplete() ? directory : undefined
}

/** The name that Go gives the program: a major version is no name. */
function programOf(path: string): string {
  return basename(path.replace(/\/v\d+$/, ''))
}

function commandOf({ version, packages, plan, flags = [] }: GoModule, draft: string): string[] {
  const paths = packages.map((path) => `${path}@${version}`)
  if (plan === undefined) return ['go', 'install', ...flags, ...paths]
  const build = ['go', 'build', '-mod=readonly', '-buildvcs=false', ...flags]
  return [...build, '-o', `${draft}/`, ...packages]
}

/** The command, after the command of another process for this directory has ended. */
function afterOthers(directory: string, command: readonly string[]): readonly string[] {
  const { error } = spawnSync('flock', ['--version'], { stdio: 'ignore' })
  if (error !== undefined) return command
  const script = 'test -d "$0" || exec "$@"'
  return ['flock', `${directory}.lock`, 'sh', '-c', script, directory, ...command]
}
