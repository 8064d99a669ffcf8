import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'

/** A directory of the test's own, which goes with it, whatever becomes of it. */
export async function temporaryDirectory(context: TestContext): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'gunicorn-prometheus-exporter-test-'))
  context.after(() => rm(directory, { recursive: true, force: true }))
  return directory
}
