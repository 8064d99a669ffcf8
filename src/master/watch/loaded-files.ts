import { isAbsolute } from 'node:path'
import { fileURLToPath } from 'node:url'
import { isRecord } from '../../support/guards.ts'

/** Node.js 20 to 26 report each loaded file to the parent process where the variable is set. */
export const reportVariable = 'WATCH_REPORT_DEPENDENCIES'

/**
 * The files of a message of Node's watch mode, without installed packages.
 * @returns an empty list for any other message.
 */
export function loadedFiles(message: unknown): string[] {
  if (!isRecord(message)) return []
  const required = listOf(message['watch:require'])
  const imported = listOf(message['watch:import'])
  return [...required, ...imported.flatMap(pathOf)].filter(isWatched)
}

function listOf(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : []
}

function pathOf(url: string): string[] {
  try {
    return url.startsWith('file:') ? [fileURLToPath(url)] : []
  } catch {
    return []
  }
}

/** Installed packages change by a package manager, file by file, and are many. */
function isWatched(path: string): boolean {
  return isAbsolute(path) && !/[\\/]node_modules[\\/]/.test(path)
}
