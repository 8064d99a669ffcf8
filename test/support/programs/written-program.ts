import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Master, type MasterOptions, withMaster } from './master.ts'

/** A master of a program that the test has written. */
export interface WrittenProgram {
  readonly master: Master
  /** Writes the next release of the program. */
  readonly release: (text: string) => void
  /** Writes another file beside the program. */
  readonly write: (name: string, text: string) => void
}

interface WrittenProgramOptions extends Pick<MasterOptions, 'options' | 'env'> {
  /** The source of the program, CommonJS. */
  readonly text: string
}

/** Acts on a real master of the program, and stops the master. */
export async function withWrittenProgram(
  { text, ...options }: WrittenProgramOptions,
  act: (program: WrittenProgram) => Promise<void>,
): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'written-program-'))
  const file = join(directory, 'app.cjs')
  const release = (next: string): void => writeFileSync(file, next)
  const write = (name: string, content: string): void =>
    writeFileSync(join(directory, name), content)
  release(text)
  try {
    await withMaster({ file, ...options }, (master) => act({ master, release, write }))
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}
