import { type Dirent, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { reloadLimits } from '../../limits/tools/reload.ts'
import { statusOf } from './file-states.ts'

/** The files that the paths name. A directory stands for its files, without subdirectories. */
export function extraFiles(paths: readonly string[]): string[] {
  return paths.flatMap((path) => {
    if (!statusOf(path)?.isDirectory()) return [path]
    const entries = entriesOf(path).slice(0, reloadLimits.entries)
    return entries.filter((entry) => entry.isFile()).map(({ name }) => join(path, name))
  })
}

/** Empty where the user may not read the directory: the start of the master goes on. */
function entriesOf(path: string): Dirent[] {
  try {
    return readdirSync(path, { withFileTypes: true })
  } catch {
    return []
  }
}
