import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { isBuiltin } from 'node:module'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { promisify } from 'node:util'
import manifest from '../package.json' with { type: 'json' }
import { packExporter } from '../scripts/pack-exporter.ts'
import { addonFiles } from '../src/mapped-memory/addon-files.ts'
import { version } from '../src/model/version.ts'
import { sdkVersion } from '../src/otel/bundled/sdk-version.ts'
import { brokenLinks } from './support/links.ts'
import { cleanEnvironment, nodeUnderTest } from './support/programs/app.ts'

/*
 * Tests the packed tarball, unpacked into a project of its own. The other packages of the project
 * are links to node_modules. The matrix tests an installation from a registry.
 */

const root = join(import.meta.dirname, '..')
const modules = join(root, 'node_modules')
const run = promisify(execFile)
/** Loaded by file name, not through `exports`. */
const loadedOnDemand = [
  'dist/agent.cjs',
  'dist/cli.cjs',
  'dist/completion.cjs',
  'dist/ctl.cjs',
  'dist/doctor.cjs',
  'dist/runtime.cjs',
  'dist/exporter-thread.cjs',
  'dist/otel-sdk.cjs',
  'dist/profile-thread.cjs',
  'dist/serve.cjs',
  'dist/top.cjs',
  'dist/watchdog-thread.cjs',
]

/** Documents and configurations, beside whole folders. */
const documents = [
  'dist/third-party-licenses.txt',
  'CHANGELOG.md',
  'CONTRIBUTING.md',
  'LICENSE',
  'README.md',
  'SECURITY.md',
  'bench/README.md',
  'collector-config/README.md',
  'collector-config/agent.yaml',
  'collector-config/gateway.yaml',
  'collector-config/prometheus.yml',
  'collector-config/push.yaml',
  'collector-config/scrape.yaml',
  'man/gunicorn-prometheus-exporter.1',
  'native/README.md',
  'package.json',
  'schema.json',
]

const addons = Object.keys(addonFiles).map((name) => `native/prebuilt/${name}.node`)

let project: string
let unpacked: string
let packed: string[]

before(async () => {
  project = await mkdtemp(join(tmpdir(), 'package-'))
  unpacked = join(project, 'node_modules', manifest.name)
  const file = await packExporter(project)
  const { stdout } = await run('tar', ['-tzf', file])
  packed = Array.from(stdout.matchAll(/^package\/(.+)$/gm), ([, path = '']) => path).sort()
  await mkdir(unpacked, { recursive: true })
  await run('tar', ['-xzf', file, '-C', unpacked, '--strip-components=1'])
  // Without OpenTelemetry: all packages of OpenTelemetry are optional.
  for (const name of ['@types', 'undici-types', 'ioredis', 'yaml']) {
    await symlink(join(modules, name), join(project, 'node_modules', name))
  }
})

after(() => rm(project, { recursive: true }))

describe('The packed files', () => {
  it('are the code that the exports and the runtime name, and the documents', async () => {
    const folders = await Promise.all(
      ['deploy/systemd', 'docs', 'examples/config', 'collector-config/rules'].map(filesOf),
    )
    const expected = [...documents, ...folders.flat(), ...loadedOnDemand, ...addons, ...exported()]
    assert.deepEqual(packed, expected.sort())
  })

  it('have only links to packed files and headings, beside deploy, examples and site', async () => {
    const pages = packed.filter((file) => file.endsWith('.md'))
    const broken = await Promise.all(
      pages.map((document) => brokenLinks({ root: unpacked, document })),
    )
    assert.ok(pages.includes('README.md') && pages.includes('docs/ARCHITECTURE.md'))
    // `links.test.ts` checks the links into these folders, which only the repository has.
    const inPackage = broken
      .flat()
      .filter((link) => !/: (?:\.\.\/)*(?:deploy|examples|site)\//.test(link))
    assert.deepEqual(inPackage, [])
  })

  it('have at most 7.2 MB, and the code at most 6 MB', async () => {
    const sizes = await Promise.all(
      packed.map(async (file) => (await stat(join(unpacked, file))).size),
    )
    const code = sizes.filter((_size, index) => packed[index]?.startsWith('dist/'))
    const [all, built] = [sizes, code].map((each) => each.reduce((sum, size) => sum + size, 0))
    assert.ok(Number(all) < 7.2e6 && Number(built) < 6e6, `${all} bytes, ${built} of them code`)
  })

  it('have the licenses of the packages in the code', async () => {
    const text = await readFile(join(unpacked, 'dist/third-party-licenses.txt'), 'utf8')
    const names = ['api', 'core', 'resources', 'sdk-metrics', 'semantic-conventions']
    for (const name of [...names.map((each) => `@opentelemetry/${each}`), 'uplot']) {
      assert.match(text, new RegExp(`^${name} \\d`, 'm'))
    }
    assert.match(text, /^ *Apache License$/m)
    assert.match(text, /^The MIT License \(MIT\)$/m)
  })

  it('import only declared dependencies', async () => {
    const { dependencies, peerDependencies } = manifest
    const declared = new Set(Object.keys({ ...dependencies, ...peerDependencies }))
    for (const [file, imported] of await imports()) {
      const foreign = imported.filter((name) => !isBuiltin(name) && !name.startsWith('.'))
      const missing = foreign.filter((name) => !declared.has(packageOf(name)))
      assert.deepEqual(missing, [], file)
    }
  })

  it('have a part of OpenTelemetry for the oldest API that the peer range allows', async () => {
    const text = await readFile(join(unpacked, 'dist/otel-sdk.cjs'), 'utf8')
    const bundled = /\/api\/build\/esm\/version\.js\n.*?"(\d+\.\d+)\.\d+"/s.exec(text)?.[1]
    const oldest = /^\^(\d+\.\d+)\.0$/.exec(manifest.peerDependencies['@opentelemetry/api'])?.[1]
    assert.ok(oldest)
    assert.equal(bundled, oldest)
  })

  it('have a preload that reads only the runtime before the process listens', async () => {
    const preload = (await imports()).filter(([file]) => file.startsWith('register.'))
    assert.deepEqual(preload.map(([file]) => file).sort(), ['register.cjs', 'register.mjs'])
    for (const [file, imported] of preload) {
      const others = imported.filter((name) => !isBuiltin(name) && name !== './runtime.cjs')
      assert.deepEqual(others, [], file)
    }
  })
})

describe('The repository', () => {
  it('has one version in package.json and in the code', () => {
    assert.equal(version, manifest.version)
  })

  it('has one version of the bundled SDK in its lock file and in the code', () => {
    assert.equal(sdkVersion, manifest.devDependencies['@opentelemetry/sdk-metrics'])
    assert.equal(sdkVersion, manifest.devDependencies['@opentelemetry/resources'])
  })

  it('names in .node-version the Node of its scripts', async () => {
    const named = await readFile(join(root, '.node-version'), 'utf8')
    assert.equal(named, `${manifest.devDependencies.node}\n`)
  })
})

describe('In a fresh project', () => {
  const paths = ['', '/register', '/run', '/drain', '/warm-up']
  const entries = paths.map((path) => `${manifest.name}${path}`)

  it('the types resolve for ES modules and CommonJS', async () => {
    const text = entries.map((entry) => `import '${entry}'\nexport * from '${entry}'\n`).join('')
    await writeFile(join(project, 'esm.mts'), text)
    await writeFile(join(project, 'cjs.cts'), text)
    // The declarations are complete: no package of OpenTelemetry is there.
    const compilerOptions = {
      ...{ module: 'nodenext', target: 'es2022', lib: ['es2023'], types: ['node'] },
      ...{ strict: true, noEmit: true, skipLibCheck: false, exactOptionalPropertyTypes: true },
    }
    const files = ['esm.mts', 'cjs.cts']
    await writeFile(join(project, 'tsconfig.json'), JSON.stringify({ compilerOptions, files }))
    await run(process.execPath, [join(modules, 'typescript/bin/tsc'), '-p', project])
  })

  it('require and import load every entry without output', async () => {
    for (const entry of [...entries, 'package.json', 'schema.json'].map(specifierOf)) {
      await runProgram('required.cjs', `require('${entry}')`)
      const attributes = entry.endsWith('.json') ? `with { type: 'json' }` : ''
      await runProgram('imported.mjs', `import '${entry}' ${attributes}`)
    }
  })

  it('each entry exports the functions of the documents alone', async () => {
    const names = { run: ['runMaster'], drain: ['onDrain'], 'warm-up': ['onWarmUp'] }
    for (const [entry, expected] of Object.entries(names)) {
      const text = `require('node:assert/strict').deepEqual(
        Object.keys(require('${manifest.name}/${entry}')), ${JSON.stringify(expected)})`
      await runProgram(`${entry}.cjs`, text)
    }
  })

  it('require and import give the same values', async () => {
    const program = `
      const assert = require('node:assert/strict')
      const required = require('${manifest.name}')
      import('${manifest.name}').then((imported) => {
        for (const name of Object.keys(required)) assert.equal(imported[name], required[name], name)
      })`
    await runProgram('shared.cjs', program)
  })

  it('a preload loaded twice adds no global name, no variable and no listener', async () => {
    const program = `
      const assert = require('node:assert/strict')
      const names = () => [Object.getOwnPropertyNames(globalThis), Object.keys(process.env)]
      const listeners = () =>
        process.eventNames().map((name) => [name, process.listenerCount(name)])
      const before = [names(), listeners()]
      require('${manifest.name}/register')
      import('${manifest.name}/register').then(() => {
        for (const name in globalThis) assert.ok(before[0][0].includes(name), name)
        assert.deepEqual([names(), listeners()], before)
      })`
    await runProgram('twice.cjs', program)
  })
})

function specifierOf(entry: string): string {
  return entry.endsWith('.json') ? `${manifest.name}/${entry}` : entry
}

/** The files in a folder of the repository and below it, as paths from the root. */
async function filesOf(folder: string): Promise<string[]> {
  const entries = await readdir(join(root, folder), { recursive: true, withFileTypes: true })
  const files = entries.filter((entry) => entry.isFile())
  return files.map(({ parentPath, name }) => relative(root, join(parentPath, name)))
}

/** Every file that the exports name, with its types. */
function exported(): string[] {
  const targets = Object.values(manifest.exports).flatMap((target) =>
    typeof target === 'string' ? [] : Object.values(target),
  )
  return [...new Set(targets)].flatMap((target) => {
    const file = target.replace('./', '')
    return [file, file.replace(/\.([cm])js$/, '.d.$1ts')]
  })
}

/** The modules that each packed file of code imports or requires by a literal name. */
async function imports(): Promise<[file: string, imported: string[]][]> {
  const directory = join(unpacked, 'dist')
  const files = (await readdir(directory)).filter((file) => /\.[cm]js$/.test(file))
  // Not in a text, such as `--proxy-allow-from` and `watch:import`.
  const pattern = /(?<![-:])\b(?:from\s*|import\s*\(?\s*|(?:require|load)\(\s*)["']([^"']+)["']/g
  const named = async (file: string): Promise<[string, string[]]> => {
    const text = await readFile(join(directory, file), 'utf8')
    return [file, Array.from(text.matchAll(pattern), ([, name = '']) => name)]
  }
  return await Promise.all(files.map(named))
}

function packageOf(specifier: string): string {
  const [scope = '', name] = specifier.split('/')
  return scope.startsWith('@') ? `${scope}/${name}` : scope
}

/** Runs a program in the project. The program must exit with 0 and print nothing. */
async function runProgram(file: string, text: string): Promise<void> {
  await writeFile(join(project, file), text)
  const { stdout, stderr } = await run(nodeUnderTest, [file], {
    cwd: project,
    env: cleanEnvironment(),
  })
  assert.equal(stdout + stderr, '', `${file}: ${text}`)
}
