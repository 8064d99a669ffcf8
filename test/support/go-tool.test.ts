import assert from 'node:assert/strict'
import { execFile, spawnSync } from 'node:child_process'
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { environment } from '../../src/config/environment.ts'
import { temporaryDirectory } from './programs/temporary-directory.ts'
import { needed } from './tools.ts'

const module = {
  name: 'two',
  version: 'v1.0.0',
  packages: ['example.com/two/one', 'example.com/two/other'],
}

/** The source of a module with two programs, as a proxy of Go serves the module. */
async function proxyIn(directory: string): Promise<string> {
  const versions = join(directory, 'example.com/two/@v')
  await mkdir(versions, { recursive: true })
  const goMod = 'module example.com/two\n'
  await writeFile(join(versions, 'v1.0.0.mod'), goMod)
  await writeFile(join(versions, 'list'), 'v1.0.0\n')
  await writeFile(join(versions, 'v1.0.0.info'), '{"Version":"v1.0.0"}')
  const program = 'package main\nfunc main() {}\n'
  const files = { 'go.mod': goMod, 'one/main.go': program, 'other/main.go': program }
  const script =
    'import json, sys, zipfile\n' +
    'with zipfile.ZipFile(sys.argv[1], "w") as archive:\n' +
    '  for name, text in json.loads(sys.argv[2]).items():\n' +
    '    archive.writestr("example.com/two@v1.0.0/" + name, text)\n'
  const args = ['-c', script, join(versions, 'v1.0.0.zip'), JSON.stringify(files)]
  assert.equal(spawnSync('python3', args).status, 0)
  return pathToFileURL(directory).href
}

function goProgram(): { readonly path: string } | { readonly missing: string } {
  const { status } = spawnSync('go', ['version'])
  return status === 0 ? { path: 'go' } : { missing: 'Go is missing: install golang.' }
}

interface Builder {
  /** Calls `builtByGo` in a process with a cache of its own. */
  readonly build: () => Promise<string>
  /** How often Go has installed. */
  readonly installations: () => Promise<number>
}

async function builder(context: TestContext): Promise<Builder> {
  const directory = await temporaryDirectory(context)
  const commands = join(directory, 'commands')
  await mkdir(commands)
  const log = join(directory, 'installations')
  // Go, and a line for each call.
  const go = `#!/bin/sh\necho go >>${log}\nPATH=\${PATH#*:} exec go "$@"\n`
  await writeFile(join(commands, 'go'), go, { mode: 0o755 })
  const env = {
    ...process.env,
    PATH: `${commands}:${environment()['PATH']}`,
    GOPROXY: await proxyIn(join(directory, 'proxy')),
    GONOSUMDB: 'example.com',
    GOMODCACHE: join(directory, 'modules'),
    // Go's packages, which take a while to compile.
    GOCACHE: spawnSync('go', ['env', 'GOCACHE'], { encoding: 'utf8' }).stdout.trim(),
    XDG_CACHE_HOME: join(directory, 'cache'),
  }
  // Go makes its modules read-only.
  context.after(() => spawnSync('chmod', ['-R', 'u+w', directory]))
  const file = join(import.meta.dirname, 'go-tool.ts')
  const text =
    `import { builtByGo } from ${JSON.stringify(file)}\n` +
    `process.stdout.write(String(builtByGo(${JSON.stringify(module)})))`
  const args = ['--input-type=module', '--eval', text]
  return {
    async build() {
      const { stdout, stderr } = await run(process.execPath, args, { env })
      assert.equal(stderr, '')
      return stdout
    },
    installations: async () => (await readFile(log, 'utf8')).split('\n').length - 1,
  }
}

const run = promisify(execFile)

test('A directory of Go programs that lacks a program is built again', async (context) => {
  if (needed(context, goProgram()) === undefined) return
  const { build } = await builder(context)
  const directory = await build()
  assert.deepEqual(await readdir(directory), ['one', 'other'])
  await rm(join(directory, 'other'))
  assert.equal(await build(), directory)
  assert.deepEqual(await readdir(directory), ['one', 'other'])
})

test('Processes that need the same Go programs build the programs once', async (context) => {
  if (needed(context, goProgram()) === undefined) return
  const { build, installations } = await builder(context)
  const directories = new Set(await Promise.all([build(), build(), build()]))
  const [directory = ''] = directories
  assert.equal(directories.size, 1)
  assert.deepEqual(await readdir(directory), ['one', 'other'])
  assert.equal(await installations(), 1)
  assert.deepEqual(
    (await readdir(dirname(directory))).filter((name) => name.startsWith('draft-')),
    [],
  )
})
