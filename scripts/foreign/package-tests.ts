import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { extractDebianSource } from './debian-source.ts'
import type { Suite } from './suite-table.ts'
import type { TestFile } from './test-file.ts'

const run = promisify(execFile)

/** Development dependencies that no test file loads: their names contain one of these words. */
const unused = new RegExp(
  [
    ...['eslint', 'standard', 'prettier', 'lint', 'snazzy', 'commit', 'husky', 'concurrently'],
    ...['types?$', '^@types/', 'tstyche', 'tsd', 'dtslint', 'typescript', 'tsconfig', 'webpack'],
    ...['c8', 'nyc', 'istanbul', 'codecov', 'coveralls', 'benchmark', 'autocannon', 'jest'],
    ...['semantic-release', 'climem', 'npm-run-all', 'why-is-node'],
  ].join('|'),
)

/**
 * The test files of a package, with its dependencies installed.
 *
 * @param cache a directory that keeps the installed sources for later runs.
 * @throws Error where a registry does not have the sources or a dependency.
 */
export async function packageTests(suite: Suite, cache: string): Promise<TestFile[]> {
  const name = `${suite.name.replace('/', '-')}-${suite.version}`
  const directory = join(cache, name)
  if (!existsSync(directory)) {
    await mkdir(cache, { recursive: true })
    const draft = await mkdtemp(join(cache, 'draft-'))
    try {
      await extract(suite, cache, draft)
      await install(draft)
      await rename(draft, directory)
    } finally {
      await rm(draft, { recursive: true, force: true })
    }
  }
  const entries = await readdir(directory, { recursive: true })
  return entries
    .filter((file) => !file.includes('node_modules') && suite.files.test(file))
    .toSorted()
    .map((file) => testFile(suite, directory, file))
}

async function extract({ name, version, origin }: Suite, cache: string, to: string): Promise<void> {
  if (origin.registry === 'Debian') {
    await extractDebianSource(origin, { cache, directory: to })
    return
  }
  const pack = ['pack', '--silent', '--pack-destination', to, `${name}@${version}`]
  const { stdout } = await run('npm', pack, { cwd: to })
  const archive = join(to, stdout.trim())
  await run('tar', ['xf', archive, '-C', to, '--strip-components=1'])
  await rm(archive)
}

/** Installs the dependencies that the tests need. */
async function install(directory: string): Promise<void> {
  const file = join(directory, 'package.json')
  const manifest: Manifest = JSON.parse(await readFile(file, 'utf8'))
  const kept = Object.entries(manifest.devDependencies ?? {}).filter(([name]) => !unused.test(name))
  // Scripts of the package build for a release.
  const changed = { ...manifest, devDependencies: Object.fromEntries(kept), scripts: {} }
  await writeFile(file, JSON.stringify(changed, null, 2))
  await rm(join(directory, 'package-lock.json'), { force: true })
  const flags = ['--no-audit', '--no-fund', '--ignore-scripts', '--legacy-peer-deps', '--silent']
  await run('npm', ['install', ...flags], { cwd: directory })
}

interface Manifest {
  readonly devDependencies?: Readonly<Record<string, string>>
}

function testFile(suite: Suite, directory: string, file: string): TestFile {
  const { flags = [], isSequential = false } = suite
  const program = {
    mocha: ['node_modules/mocha/bin/_mocha', '--exit', '--reporter', 'dot'],
    jstest: ['node_modules/jstest/bin/jstest'],
    'node --test': ['--test', '--test-reporter=tap'],
    node: [],
  }[suite.runner]
  return { name: file, args: [...program, ...flags, file], cwd: directory, isSequential }
}
