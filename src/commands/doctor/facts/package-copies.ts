import { readdirSync, readFileSync, realpathSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { doctorLimits } from '../../../limits/tools/doctor.ts'
import { isRecord } from '../../../support/guards.ts'
import { monotonicNow } from '../../../support/intrinsics/monotonic-now.ts'

/** An installed copy of a package. */
export interface PackageCopy {
  readonly name: string
  readonly version: string
  /** Links are resolved. */
  readonly directory: string
}

export interface CopySearch {
  readonly copies: readonly PackageCopy[]
  /** Whether a limit has ended the search. */
  readonly isCut: boolean
}

interface Walk {
  readonly names: readonly string[]
  readonly found: Map<string, PackageCopy>
  readonly visited: Set<string>
  readonly end: number
  isCut: boolean
}

/**
 * Searches `node_modules` of a directory and of the directories above, as Node.js resolves
 * packages from there.
 */
export function findCopies(directory: string, names: readonly string[]): CopySearch {
  const end = monotonicNow() + doctorLimits.packageSearchMs
  const walk: Walk = { names, found: new Map(), visited: new Set(), end, isCut: false }
  let from = directory
  for (;;) {
    visitModules(join(from, 'node_modules'), walk)
    const above = dirname(from)
    if (above === from) break
    from = above
  }
  return { copies: [...walk.found.values()], isCut: walk.isCut }
}

/** The package that a directory belongs to; undefined outside of a package. */
export function packageAt(directory: string): PackageCopy | undefined {
  try {
    const manifest: unknown = JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8'))
    if (!isRecord(manifest)) return undefined
    const { name, version } = manifest
    if (typeof name !== 'string' || typeof version !== 'string') return undefined
    return { name, version, directory: realpathSync(directory) }
  } catch {
    return undefined
  }
}

function visitModules(modules: string, walk: Walk): void {
  const place = realPath(modules)
  if (place === undefined || walk.visited.has(place)) return
  const isOver = walk.visited.size >= doctorLimits.packageDirectories || monotonicNow() >= walk.end
  walk.isCut ||= isOver
  if (isOver) return
  walk.visited.add(place)
  for (const { name, path } of packagesIn(place)) {
    if (walk.names.includes(name)) note(path, walk)
    visitModules(join(path, 'node_modules'), walk)
  }
}

function note(path: string, { found }: Walk): void {
  const copy = packageAt(path)
  if (copy) found.set(copy.directory, copy)
}

interface Entry {
  readonly name: string
  readonly path: string
}

/** pnpm keeps the packages below `.pnpm/NAME/node_modules`. */
function packagesIn(modules: string): Entry[] {
  return namesIn(modules).flatMap((name): Entry[] => {
    const path = join(modules, name)
    if (name === '.pnpm') return namesIn(path).map((each) => ({ name: '', path: join(path, each) }))
    if (!name.startsWith('@')) return [{ name, path }]
    return namesIn(path).map((each) => ({ name: `${name}/${each}`, path: join(path, each) }))
  })
}

function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory, { withFileTypes: true })
      .filter((entry) => entry.isDirectory() || entry.isSymbolicLink())
      .map(({ name }) => name)
      .filter((name) => !name.startsWith('.') || name === '.pnpm')
  } catch {
    return []
  }
}

function realPath(path: string): string | undefined {
  try {
    return realpathSync(path)
  } catch {
    return undefined
  }
}
