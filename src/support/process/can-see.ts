import { existsSync } from 'node:fs'

/**
 * Whether the path exists and this process may read the path. Under `--permission`, `existsSync`
 * throws for other paths.
 */
export function canSee(path: string): boolean {
  try {
    return existsSync(path)
  } catch {
    return false
  }
}
