import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Belongings } from './belongings.ts'

/** A directory of the test's own, which goes with it, whatever becomes of it. */
export async function temporaryDirectory(context: Pick<Belongings, 'after'>): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'gunicorn-prometheus-exporter-test-'))
  context.after(() => rm(directory, { recursive: true, force: true }))
  return directory
}
