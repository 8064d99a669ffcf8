import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { packedProgramTexts } from '../support/preload-key.ts'
import { createRequire } from '../support/process/create-require.ts'

/** The program of a thread of this package. */
export type OwnProgram =
  | { readonly kind: 'file'; readonly path: string }
  /** `path`: the file with this text. Node.js may not find the file, but packages resolve there. */
  | { readonly kind: 'text'; readonly path: string; readonly text: string }

/**
 * Finds the program of a thread.
 * @param directory of the file, if the package is installed.
 * @throws where a file inside an archive of Yarn cannot be read.
 */
export function ownProgram(name: string, directory: string): OwnProgram {
  const path = join(directory, name)
  const packed = packedProgramTexts()?.[name]
  if (packed !== undefined) return { kind: 'text', path, text: packed }
  // A new thread cannot read the archives of Yarn Plug'n'Play. The main thread can.
  if (hasPlugAndPlay()) return { kind: 'text', path, text: readFileSync(path, 'utf8') }
  return { kind: 'file', path }
}

/** The first argument of a `Worker`, and the option `eval`. */
export interface ThreadSource {
  readonly source: string
  readonly isText: boolean
}

/** @param usesPackages whether the thread loads packages that are installed. */
export function threadSource(program: OwnProgram, usesPackages: boolean): ThreadSource {
  if (program.kind === 'file') return { source: program.path, isText: false }
  const { path, text } = program
  const names = [path, dirname(path)].map((each) => JSON.stringify(each)).join()
  const setup = usesPackages && hasPlugAndPlay() ? setupOf(path) : ''
  // The line break ends a comment at the end of the text.
  return { source: `${setup}(function(__filename,__dirname){${text}\n})(${names})`, isText: true }
}

function hasPlugAndPlay(): boolean {
  return process.versions['pnp'] !== undefined
}

/** Code that lets a thread find packages in the archives of Yarn. */
function setupOf(path: string): string {
  try {
    const file = createRequire(path).resolve('pnpapi')
    return `require(${JSON.stringify(file)}).setup();`
  } catch {
    return ''
  }
}
