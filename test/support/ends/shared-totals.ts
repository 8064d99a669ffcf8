import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parsePeerState } from '../../../src/share/peers/peer-state.ts'

/** The sums over all files of a shared directory, by the names of the metrics. */
export async function sharedTotals(directory: string): Promise<(name: string) => number> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true })
  const files = entries.filter((entry) => entry.isFile())
  const states = await Promise.all(
    files.map(async ({ parentPath, name }) =>
      parsePeerState(await readFile(join(parentPath, name))),
    ),
  )
  const metrics = states.flatMap((state) => (typeof state === 'string' ? [] : state.metrics))
  return (name) =>
    metrics
      .filter(({ descriptor }) => descriptor.name === name)
      .flatMap(({ points }) => points)
      .reduce((all, { value }) => all + Number(value), 0)
}
