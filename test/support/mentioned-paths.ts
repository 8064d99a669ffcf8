import { existsSync, readdirSync } from 'node:fs'
import { dirname, join } from 'node:path'

const root = join(import.meta.dirname, '../..')
/** The directories that a path can be relative to. */
const bases = [root, join(root, 'src')]
const extension = /\.(?:[cm]?[jt]s|json|md|py|sh|ya?ml)$/
/** Results of a build, and words in capitals that stand for a name. */
const notInTree = /^dist\/|\/[A-Z]+$/

/** Returns `document: path` for each path in code that neither the root nor `src` has. */
export function missingPaths(document: string, text: string): string[] {
  const missing = mentionedPaths(text).filter((path) => !isThere(path))
  return missing.map((path) => `${document}: ${path}`)
}

function mentionedPaths(text: string): string[] {
  const code = text.matchAll(/^```[a-z]*\n([\s\S]*?)^```$|`([^`\n]+)`/gm)
  const words = Array.from(code, ([, fence, span]) => (fence ?? span ?? '').split(/[\s"'()=,;]+/))
  return words
    .flat()
    .map((word) => word.replace(/[.:]$/, ''))
    .filter((word) => isPath(word) && !notInTree.test(word))
}

/** A word is a path when its first folder is one of ours, or when it leads to a file. */
function isPath(word: string): boolean {
  if (!/^[\w.][\w.*-]*(?:\/[\w.*-]+)*\/?$/.test(word) || word.startsWith('..')) return false
  if (!word.includes('/')) return word.endsWith('.ts')
  const [first = ''] = word.split('/')
  return (
    extension.test(word) ||
    word.endsWith('/') ||
    bases.some((base) => existsSync(join(base, first)))
  )
}

/** A pattern such as `test/e2e/*` is there when its folder is. */
function isThere(path: string): boolean {
  const folder = /^([\w-]+)\/$/.exec(path)?.[1]
  if (folder !== undefined && folders().has(folder)) return true
  const fixed = path.includes('*') ? dirname(path.slice(0, path.indexOf('*') + 1)) : path
  return bases.some((base) => existsSync(join(base, fixed)))
}

/** The names of all folders below `src`. */
function folders(): Set<string> {
  const entries = readdirSync(join(root, 'src'), { recursive: true, withFileTypes: true })
  return new Set(entries.filter((entry) => entry.isDirectory()).map(({ name }) => name))
}
