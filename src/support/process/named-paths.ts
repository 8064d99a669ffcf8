import { existsSync, realpathSync, statSync } from 'node:fs'
import { basename, dirname, isAbsolute, join, relative } from 'node:path'

/** A directory by its name, and where the name led when this process looked. */
interface Link {
  readonly named: string
  readonly actual: string
}

/**
 * Paths by the names of the command line. In `current/app.js`, `current` is often a link to a
 * release. Node.js sees the release, which an operator can remove while the process lives.
 */
export class NamedPaths {
  readonly #links: readonly Link[]

  /** @param directories absolute; undefined and missing directories are left out. */
  constructor(directories: readonly (string | undefined)[]) {
    this.#links = directories.flatMap((each) => (each === undefined ? [] : (linkOf(each) ?? [])))
  }

  /** The same path through the link, if the path leads through a link at all. */
  named(path: string): string {
    for (const { named, actual } of this.#links) {
      const below = relative(actual, path)
      if (!(below.startsWith('..') || isAbsolute(below))) return join(named, below)
    }
    return path
  }

  /** The path, or the path through the link where the release of the path is gone. */
  existing(path: string): string {
    return existsSync(path) ? path : this.named(path)
  }
}

/** The working directory by its name in `$PWD`. Node.js shows the directory without links. */
export function namedDirectory(pwd: string | undefined): string {
  const actual = process.cwd()
  return pwd !== undefined && isAbsolute(pwd) && isSame(pwd, actual) ? pwd : actual
}

function isSame(one: string, other: string): boolean {
  try {
    const [first, second] = [statSync(one), statSync(other)]
    return first.ino === second.ino && first.dev === second.dev
  } catch {
    return false
  }
}

/** The shortest name with the link: `current` for `current/server`. */
function linkOf(directory: string): Link | undefined {
  let [named, actual] = [directory, realPath(directory)]
  if (actual === undefined || actual === named) return undefined
  while (basename(named) === basename(actual)) {
    if (realPath(dirname(named)) !== dirname(actual)) break
    named = dirname(named)
    actual = dirname(actual)
  }
  return { named, actual }
}

function realPath(path: string): string | undefined {
  try {
    return realpathSync(path)
  } catch {
    return undefined
  }
}
