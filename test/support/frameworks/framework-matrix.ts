import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { describe, type TestContext, test } from 'node:test'
import { environment } from '../../../src/config/environment.ts'
import { nodeUnderTest } from '../programs/app.ts'
import { needed } from '../tools.ts'
import { writeApp } from './app-form.ts'
import type { ExpectedRequest, Form, FrameworkRow, FrameworkVersion } from './framework-row.ts'
import { type FrameworkRun, runApp } from './framework-run.ts'
import { installPackages } from './installed-packages.ts'
import { expectedOf, seenOf } from './series.ts'

/**
 * Which versions run: those without `slow` by default, the slow ones, or all. `npm run
 * test:frameworks` sets the variable.
 */
const { FRAMEWORKS: chosen = 'fast' } = environment()

const titles: Readonly<Record<Form, string>> = {
  cjs: 'CommonJS',
  esm: 'ES modules',
  ts: 'TypeScript by Node',
  tsx: 'TypeScript by tsx',
  bundle: 'a minified bundle',
  'bundle-esm': 'a minified bundle of ES modules',
}

/** Declares the tests: one per version of the framework, and one per form of the newest version. */
export function frameworkMatrix(row: FrameworkRow): void {
  const [first = 'cjs', ...others] = row.forms ?? ['cjs']
  const newest = row.versions.at(-1)
  describe(`${row.framework} in a cluster with the exporter`, () => {
    for (const version of row.versions.filter(isChosen)) {
      const forms = version === newest ? [first, ...others] : [first]
      for (const form of forms) {
        const [number] = Object.values(version.packages)
        test(`shows its routes and errors: ${number}, ${titles[form]}`, async (context) => {
          await checkVersion(context, { row, version, form })
        })
      }
    }
  })
}

function isChosen({ slow }: FrameworkVersion): boolean {
  if (chosen === 'all') return true
  if (chosen === 'slow') return slow === true
  if (chosen === 'fast') return slow === undefined
  throw new RangeError(`FRAMEWORKS must be fast, slow or all, and is ${chosen}.`)
}

interface Cell {
  readonly row: FrameworkRow
  readonly version: FrameworkVersion
  readonly form: Form
}

async function checkVersion(context: TestContext, { row, version, form }: Cell): Promise<void> {
  const oldest = version.node ?? (form === 'ts' ? '22.18' : '0')
  if (!isNode(oldest)) return context.skip(`needs Node ${oldest}`)
  const installed = needed(context, await installPackages(version.packages))
  if (installed === undefined) return
  const app = await writeApp(context, { row, form, installed: installed.directory })
  if (app === undefined) return
  const requests = (version.requests ?? row.requests).map((each) => inForm(each, form))
  const options = { requests, env: row.env ?? {} }
  const [plain, observed] = await Promise.all([
    runApp(app, { ...options, hasExporter: false }),
    runApp(app, { ...options, hasExporter: true }),
  ])
  await compare(context, { requests, plain, observed })
}

function inForm(request: ExpectedRequest, form: Form): ExpectedRequest {
  const { bundledError } = request
  if (bundledError === undefined || !form.startsWith('bundle')) return request
  return { ...request, error: bundledError }
}

interface Runs {
  readonly requests: readonly ExpectedRequest[]
  /** Without the exporter. */
  readonly plain: FrameworkRun
  readonly observed: FrameworkRun
}

/** One subtest for each column of the table of `npm run test:frameworks`. */
async function compare(context: TestContext, { requests, plain, observed }: Runs): Promise<void> {
  const { page, responses } = observed
  const expected = expectedOf(requests, responses)
  const seen = seenOf(page, requests)
  await context.test('the routes are right', () => assert.deepEqual(seen.routes, expected.routes))
  await context.test('the errors are right', () => {
    assert.deepEqual(seen.failures, expected.failures)
    assert.deepEqual(seen.handled, expected.handled)
  })
  await context.test('counts and sizes are those that were sent', () => {
    const { length } = responses
    assert.deepEqual(seen.totals, { requests: length, overRoutes: length, active: 0, faults: 0 })
    assert.deepEqual(seen.sizes, expected.sizes)
  })
  await context.test('responses, stdout and exit code stay the same', () => {
    assert.deepEqual(
      responses.map(({ status }) => status),
      expected.statuses,
      observed.stderr,
    )
    assert.deepEqual(responses, plain.responses)
    assert.deepEqual(observed.stdout, plain.stdout)
    assert.deepEqual([observed.code, plain.code], [0, 0], observed.stderr)
  })
}

const nodeVersion = execFileSync(nodeUnderTest, ['--version'], { encoding: 'utf8' })

function isNode(oldest: string): boolean {
  const [major = 0, minor = 0] = nodeVersion.slice(1).split('.').map(Number)
  const [leastMajor = 0, leastMinor = 0] = oldest.split('.').map(Number)
  return major > leastMajor || (major === leastMajor && minor >= leastMinor)
}
