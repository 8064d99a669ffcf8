import { rmSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Belongings } from './belongings.ts'

/** Creates a directory that is removed at the end of the test. */
export async function temporaryDirectory(context: Pick<Belongings, 'after'>): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'gunicorn-prometheus-exporter-test-'))
  context.after(() => removeDirectory(directory))
  return directory
}

/** Directories in which a program of the test still wrote. */
const left = new Set<string>()

/**
 * Removes a directory, or removes the directory at the end of this process where a program still
 * writes. A cleanup must not throw: node:test leaves out the cleanups after it, such as those that
 * end programs, and a process whose programs run does not end.
 */
export async function removeDirectory(directory: string): Promise<void> {
  try {
    await rm(directory, { recursive: true, force: true })
  } catch {
    if (left.size === 0) process.once('exit', removeLeft)
    left.add(directory)
  }
}

function removeLeft(): void {
  for (const directory of left) rmSync(directory, { recursive: true, force: true, maxRetries: 5 })
}
