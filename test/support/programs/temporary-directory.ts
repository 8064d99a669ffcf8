import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Belongings } from './belongings.ts'

/** Creates a directory that is removed at the end of the test. */
export async function temporaryDirectory(context: Pick<Belongings, 'after'>): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'gunicorn-prometheus-exporter-test-'))
  context.after(() => rm(directory, { recursive: true, force: true }))
  return directory
}
