import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** A text file with its path below the measured root, written with slashes. */
export interface TextFile {
  readonly path: string
  readonly text: string
}

/** A text inside a file, and the line on which the text starts. Lines count from 1. */
export interface Located {
  readonly line: number
  readonly text: string
}

const ignored = new Set(['node_modules', 'dist', 'coverage'])

/** Paths of all files below the root, without dependencies, build output and hidden folders. */
export function pathsBelow(root: string, folder = ''): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true })
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      if (ignored.has(entry.name) || entry.name.startsWith('.')) return []
      const path = folder === '' ? entry.name : `${folder}/${entry.name}`
      if (entry.isDirectory()) return pathsBelow(root, path)
      return entry.isFile() ? [path] : []
    })
}

export function readAll(root: string, paths: readonly string[]): TextFile[] {
  return paths.map((path) => ({ path, text: readFileSync(join(root, path), 'utf8') }))
}

/** `src/relay` for `src/relay/report.ts`, the empty string for a file of the root. */
export function folderOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf('/')))
}

export function isCode(path: string): boolean {
  return /\.[cm]?[jt]s$/.test(path)
}

export function isMarkdown(path: string): boolean {
  return path.endsWith('.md')
}
