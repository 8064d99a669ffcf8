import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { TestFile } from './test-file.ts'

/** The parts of Node.js that the preload observes. */
const parts: readonly string[] = [
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

/** @param root the folder `test` of Node's sources. */
export function nodeTests(root: string): TestFile[] {
  const pattern = new RegExp(`^test-(?:${parts.join('|')})-.*\\.m?js$`)
  return ['parallel', 'sequential'].flatMap((folder) =>
    readdirSync(join(root, folder))
      .filter((file) => pattern.test(file))
      .map((file) => nodeTest(root, folder, file)),
  )
}

function nodeTest(root: string, folder: string, file: string): TestFile {
  const path = join(root, folder, file)
  // Options of Node.js stand in the line "Flags:".
  const flags = [...readFileSync(path, 'utf8').matchAll(/^\/\/ Flags: (.+)$/gm)]
  return {
    name: `${folder}/${file}`,
    args: [...flags.flatMap(([, text = '']) => text.trim().split(/\s+/)), path],
    // Files of test/sequential use fixed ports.
    isSequential: folder === 'sequential',
  }
}
