import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'

export interface OwnCommandLine {
  readonly directory: string
  /** The program that a successor of this process runs. */
  readonly program: string
}

/** Makes this process look as if `node PROGRAM ...args` had started this process. */
export function setCommandLine(
  context: TestContext,
  text: string,
  ...args: readonly string[]
): OwnCommandLine {
  const directory = mkdtempSync(join(tmpdir(), 'successor-'))
  const program = join(directory, 'program.cjs')
  writeFileSync(program, text)
  const { argv, execArgv, execPath } = process
  Object.assign(process, { argv: [execPath, program, ...args], execArgv: ['--no-warnings'] })
  context.after(() => {
    Object.assign(process, { argv, execArgv, execPath })
    rmSync(directory, { recursive: true, force: true })
  })
  return { directory, program }
}
