import { resolve } from 'node:path'
import type { Place } from '../files/load-package.ts'

/**
 * Where packages of the application resolve.
 * @param program the application's main file.
 */
export function applicationPlaces(program: string | undefined): Place[] {
  // With `node -e`, this is the first argument instead of a path.
  const main: Place[] = program === undefined ? [] : [() => resolve(program)]
  return [() => import.meta.url, ...main]
}
