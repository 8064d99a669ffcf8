import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { constants } from 'node:os'
import { join } from 'node:path'
import type { Belongings } from '../programs/belongings.ts'
import { temporaryDirectory } from '../programs/temporary-directory.ts'
import { need, type Tool } from '../tools.ts'

/** A directory whose writes a test can delay or fail, for one program. */
export interface DiskShim {
  readonly directory: string
  /** The environment of the program. */
  readonly env: Readonly<Record<string, string>>
  readonly delay: (ms: number) => void
  readonly fail: (code: 'EIO' | 'EROFS') => void
  readonly heal: () => void
}

/**
 * Compiles a small library that stands between the program and its system calls. A kernel offers a
 * slow or failing disk only with device-mapper, which containers lack.
 * @returns undefined without a compiler; the test is then skipped, or fails if CI=true.
 */
export async function diskShim(context: Belongings): Promise<DiskShim | undefined> {
  const place = await temporaryDirectory(context)
  const library = need(context, compiled(join(place, 'slow-writes.so')))
  if (library === undefined) return undefined
  const file = join(place, 'fault')
  const directory = await temporaryDirectory(context)
  const set = (ms: number, error: number): void => writeFileSync(file, `${ms} ${error}\n`)
  set(0, 0)
  return {
    directory,
    env: {
      LD_PRELOAD: library,
      DISK_FAULT_FILE: file,
      DISK_FAULT_PATH: directory,
      GUNICORN_CRASH_MEMORY: 'off',
      PROMETHEUS_MULTIPROC_DIR: directory,
    },
    delay: (ms) => set(ms, 0),
    fail: (code) => set(0, constants.errno[code]),
    heal: () => set(0, 0),
  }
}

function compiled(library: string): Tool {
  const source = join(import.meta.dirname, 'slow-writes.c')
  const { status } = spawnSync('cc', ['-shared', '-fPIC', '-O2', '-o', library, source])
  if (status === 0) return { path: library }
  return { missing: 'A slow disk needs Linux and a C compiler (apt-get install gcc libc6-dev).' }
}
