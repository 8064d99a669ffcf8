import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

export interface TestFile {
  readonly path: string
  /** Folder and file name. */
  readonly name: string
  /** Options of Node.js that the file asks for in its line "Flags:". */
  readonly flags: readonly string[]
  readonly isSequential: boolean
}

/** The suites whose modules the preload observes. */
export const defaultSuites: readonly string[] = [
  'http',
  'https',
  'http2',
  'cluster',
  'net',
  'child-process',
  'process',
  'worker',
  'domain',
  'diagnostics-channel',
]

/** @param root the folder `test` of Node's sources. @param suites such as `http` and `net`. */
export function testFiles(root: string, suites: readonly string[]): TestFile[] {
  const pattern = new RegExp(`^test-(?:${suites.join('|')})-.*\\.m?js$`)
  return ['parallel', 'sequential'].flatMap((folder) =>
    readdirSync(join(root, folder))
      .filter((file) => pattern.test(file))
      .map((file) => testFile(root, folder, file)),
  )
}

function testFile(root: string, folder: string, file: string): TestFile {
  const path = join(root, folder, file)
  const flags = [...readFileSync(path, 'utf8').matchAll(/^\/\/ Flags: (.+)$/gm)]
  return {
    path,
    name: `${folder}/${file}`,
    flags: flags.flatMap(([, text = '']) => text.trim().split(/\s+/)),
    isSequential: folder === 'sequential',
  }
}
