import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { extractDebianSource } from './debian-source.ts'
import { nodeTests } from './node-tests.ts'
import type { TestFile } from './test-file.ts'

const run = promisify(execFile)

interface NodeSuite {
  /** The version of the sources. */
  readonly version: string
  /** The newest Node.js of the same major version. */
  readonly node: string
  readonly files: readonly TestFile[]
}

/**
 * Node's own tests, and a Node.js that runs them.
 *
 * @throws Error where a registry lacks the sources or the program.
 */
export async function nodeSuite(
  { version, release }: { readonly version: string; readonly release: string },
  cache: string,
): Promise<NodeSuite> {
  const directory = join(cache, `node-${version}`)
  if (!existsSync(directory)) {
    await mkdir(cache, { recursive: true })
    const draft = await mkdtemp(join(cache, 'draft-'))
    try {
      await extractDebianSource({ source: 'nodejs', release }, { cache, directory: draft })
      await rename(draft, directory)
    } finally {
      await rm(draft, { recursive: true, force: true })
    }
  }
  const programs = join(cache, `node-program-${version}`)
  const node = join(programs, 'node_modules/node/bin/node')
  if (!existsSync(node)) {
    await mkdir(programs, { recursive: true })
    await writeFile(join(programs, 'package.json'), '{"private":true}')
    await run('npm', ['install', '--silent', '--no-audit', `node@${version}`], { cwd: programs })
  }
  const header = await readFile(join(directory, 'src/node_version.h'), 'utf8')
  const parts = ['MAJOR', 'MINOR', 'PATCH'].map(
    (part) => new RegExp(`#define NODE_${part}_VERSION (\\d+)`).exec(header)?.[1],
  )
  return { version: parts.join('.'), node, files: nodeTests(join(directory, 'test')) }
}
