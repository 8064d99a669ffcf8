import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { cp, mkdir, mkdtemp, readFile, symlink, writeFile } from 'node:fs/promises'
import { type IncomingHttpHeaders, request } from 'node:http'
import { dirname, join } from 'node:path'
import { describe, type TestContext, test } from 'node:test'
import { promisify } from 'node:util'
import { gunzipSync } from 'node:zlib'
import { environment } from '../../../src/config/environment.ts'
import { installPackages, type Packages } from '../../support/frameworks/installed-packages.ts'
import {
  type MountingRecipe,
  quickRecipes,
  slowRecipes,
} from '../../support/frameworks/mounting-recipes.ts'
import {
  type App,
  cleanEnvironment,
  eventually,
  freePort,
  nodeUnderTest,
  type Preload,
  startApp,
} from '../../support/programs/app.ts'
import { removeDirectory } from '../../support/programs/temporary-directory.ts'
import { parsePage, select } from '../../support/prometheus/page.ts'
import { needed } from '../../support/tools.ts'

/* Runs each line of the table in docs/preload.md with the framework of its row. */

const root = join(import.meta.dirname, '../../..')
const document = await readFile(join(root, 'docs/preload.md'), 'utf8')
const rows = new Map(
  Array.from(
    document.matchAll(/^\| ([^|]+) \| `([^|]*metricsHandler[^|]*)` \|$/gm),
    ([, framework = '', line = '']) => [framework, line],
  ),
)
const { FRAMEWORKS: chosen = 'fast' } = environment()
const recipes = [
  ...(chosen === 'slow' ? [] : quickRecipes),
  ...(chosen === 'fast' ? [] : slowRecipes),
]
const run = promisify(execFile)

test('Each row of the document has a program, and each program has a row', () => {
  const programs = new Set([...quickRecipes, ...slowRecipes].map(({ framework }) => framework))
  assert.deepEqual([...rows.keys()].sort(), [...programs].sort())
  assert.ok(rows.size > 12)
})

describe('The line of docs/preload.md mounts the page on', { concurrency: 2 }, () => {
  for (const recipe of recipes) {
    for (const packages of recipe.versions) {
      const [version = 'Node.js'] = Object.entries(packages).map((entry) => entry.join(' '))
      test(`${recipe.framework} (${version})`, async (context) => {
        const directory = await write(context, recipe, packages)
        if (directory === undefined) return
        const [mounted, plain] = await Promise.all([
          start(context, directory, 'require'),
          start(context, directory, 'none'),
        ])
        await answersWell(mounted, recipe)
        const refused = await ask(plain.port, recipe.path ?? '/metrics')
        assert.equal(refused.status, 503)
        assert.match(refused.body.toString(), /is not preloaded/)
        for (const { app } of [mounted, plain]) assert.equal(app.stderr(), '')
      })
    }
  }
})

interface Started {
  readonly app: App
  readonly port: number
}

async function start(context: TestContext, cwd: string, preload: Preload): Promise<Started> {
  const port = await freePort()
  const env = { PORT: String(port), NODE_ENV: 'production', NEXT_TELEMETRY_DISABLED: '1' }
  const app = await startApp({ file: join(cwd, 'app.mjs'), cwd, env, preload })
  context.after(app.stop)
  return { app, port: await app.ready() }
}

async function answersWell({ port }: Started, recipe: MountingRecipe): Promise<void> {
  const { path = '/metrics', head = 200, compresses = true } = recipe
  await eventually(async () => {
    const { status, body, headers } = await ask(port, path)
    assert.equal(status, 200, body.toString())
    assert.match(headers['content-type'] ?? '', /^text\/plain; version=0\.0\.4/)
    assert.equal(select(parsePage(body.toString()), 'gunicorn_worker_info').length, 1)
  })
  const gzip = await ask(port, `${path}?name[]=gunicorn_worker_info`, {
    headers: { 'accept-encoding': 'gzip' },
  })
  assert.equal(gzip.headers['content-encoding'], compresses ? 'gzip' : undefined)
  const selected = compresses ? gunzipSync(gzip.body) : gzip.body
  assert.match(selected.toString(), /^gunicorn_worker_info\{.*\} 1$/m)
  const headless = await ask(port, path, { method: 'HEAD' })
  assert.equal(headless.status, head)
  assert.equal(headless.body.length, 0)
  // Each response has ended: the limit of pages under way is far away.
  for (let count = 0; count < 5; count += 1) assert.equal((await ask(port, path)).status, 200)
}

/** Writes the program beside its packages. @returns undefined where the test is skipped. */
async function write(
  context: TestContext,
  recipe: MountingRecipe,
  packages: Packages,
): Promise<string | undefined> {
  const installed = needed(context, await installPackages(packages))
  if (installed === undefined) return undefined
  const runs = join(installed.directory, 'runs')
  await mkdir(runs, { recursive: true })
  const directory = await mkdtemp(join(runs, 'recipe-'))
  context.after(() => removeDirectory(directory))
  await installPackage(directory)
  const line = rows.get(recipe.framework) ?? assert.fail(`no row for ${recipe.framework}`)
  for (const [file, text] of Object.entries(recipe.files(line))) {
    await mkdir(dirname(join(directory, file)), { recursive: true })
    await writeFile(join(directory, file), text)
  }
  if (recipe.build) {
    const [script = '', ...args] = recipe.build
    const program = join(installed.directory, 'node_modules', script)
    const env = cleanEnvironment({ NEXT_TELEMETRY_DISABLED: '1' })
    await run(nodeUnderTest, [program, ...args], { cwd: directory, env })
  }
  return directory
}

/** A copy: Next's bundler does not follow a link out of the project. */
async function installPackage(directory: string): Promise<void> {
  const target = join(directory, 'node_modules/gunicorn-prometheus-exporter')
  const filter = (path: string): boolean => !path.endsWith('.map')
  await cp(join(root, 'dist'), join(target, 'dist'), { recursive: true, filter })
  await cp(join(root, 'package.json'), join(target, 'package.json'))
  await symlink(join(root, 'node_modules'), join(target, 'node_modules'))
}

interface Answer {
  readonly status: number | undefined
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
}

async function ask(port: number, path: string, options = {}): Promise<Answer> {
  const message = request({ host: '127.0.0.1', port, path, agent: false, ...options }).end()
  const [response] = await once(message, 'response')
  const chunks: Buffer[] = []
  for await (const chunk of response) chunks.push(chunk)
  return { status: response.statusCode, headers: response.headers, body: Buffer.concat(chunks) }
}
