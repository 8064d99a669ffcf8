import { copyFile, mkdir, mkdtemp } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { installPackages } from '../frameworks/installed-packages.ts'
import { fixtures } from '../programs/app.ts'
import type { Belongings } from '../programs/belongings.ts'
import { removeDirectory } from '../programs/temporary-directory.ts'
import { needed } from '../tools.ts'
import type { Target } from './program-load.ts'
import type { Place, ProgramRow } from './program-row.ts'

/** A program that is ready to start, again and again. */
export interface ReadyProgram {
  readonly row: ProgramRow
  readonly directory: string
  /** The file, and the arguments and variables for a port. */
  readonly file: string
  readonly args: (port: number) => readonly string[]
  readonly env: (port: number) => Readonly<Record<string, string>>
  readonly target: (port: number) => Target
}

/** Installs a program. @returns undefined if npm cannot install it: then the test is skipped. */
export async function readyProgram(
  context: Pick<Belongings, 'after' | 'skip'>,
  row: ProgramRow,
): Promise<ReadyProgram | undefined> {
  const found = needed(context, await installPackages(row.packages, row.overrides))
  if (found === undefined) return undefined
  const { directory: installed } = found
  const runs = join(installed, 'runs')
  await mkdir(runs, { recursive: true })
  const directory = await mkdtemp(join(runs, 'program-'))
  context.after(() => removeDirectory(directory))
  for (const [name, file] of Object.entries(row.files ?? {})) {
    await copyFile(join(fixtures, 'frameworks/programs', file), join(directory, name))
  }
  await row.prepare?.({ directory, installed })
  const placeOf = (port: number): Place => ({ port, directory, installed })
  return {
    row,
    directory,
    file: await fileOf(row, directory, installed),
    args: (port) => row.args?.(placeOf(port)) ?? [],
    env: (port) => ({ PORT: String(port), ...row.env?.(placeOf(port)) }),
    target: (port) => {
      const { socketFile } = row
      return { port, socketPath: socketFile && join(directory, socketFile) }
    },
  }
}

async function fileOf({ app }: ProgramRow, directory: string, installed: string): Promise<string> {
  if (app.startsWith('node_modules/')) return join(installed, app)
  const file = join(directory, basename(app))
  await copyFile(join(fixtures, 'frameworks/programs', app), file)
  return file
}
