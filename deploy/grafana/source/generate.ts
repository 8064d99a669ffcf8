import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { dashboards, textOf } from './dashboards.ts'

/*
 * Writes the dashboards to files. With a directory as its argument, the script writes there: the
 * tests compare these files with the files of the repository.
 */
const directory = process.argv[2] ?? join(import.meta.dirname, '../dashboards')

for (const [name, dashboard] of Object.entries(dashboards())) {
  await writeFile(join(directory, `${name}.json`), textOf(dashboard))
}
