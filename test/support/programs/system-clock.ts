import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { faketime, need } from '../tools.ts'
import type { Belongings } from './belongings.ts'
import { removeDirectory } from './temporary-directory.ts'

/** The clock of a program and of its children. */
export interface SystemClock {
  /** The environment of the program. */
  readonly env: Readonly<Record<string, string>>
  /** Sets the clock to so many seconds after the real clock. */
  readonly step: (seconds: number) => void
}

/**
 * A clock that can step, by libfaketime. The monotonic clock goes on, as on a real system.
 * @returns undefined without libfaketime; the test is then skipped, or fails if CI=true.
 */
export function systemClock(context: Belongings): SystemClock | undefined {
  const library = need(context, faketime())
  if (library === undefined) return undefined
  const directory = mkdtempSync(join(tmpdir(), 'gunicorn-prometheus-exporter-clock-'))
  context.after(() => removeDirectory(directory))
  const file = join(directory, 'offset')
  const step = (seconds: number): void =>
    writeFileSync(file, `${seconds < 0 ? '-' : '+'}${Math.abs(seconds)}\n`)
  step(0)
  return {
    env: {
      LD_PRELOAD: library,
      FAKETIME_TIMESTAMP_FILE: file,
      // Otherwise the library reads the file once in ten seconds.
      FAKETIME_NO_CACHE: '1',
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
    },
    step,
  }
}
