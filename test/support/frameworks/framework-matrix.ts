import assert from 'node:assert/strict'
import { describe, type TestContext, test } from 'node:test'
import { environment } from '../../../src/config/environment.ts'
import { isNode } from '../programs/node-version.ts'
import { needed } from '../tools.ts'
import { writeApp } from './app-form.ts'
import { columns, suiteTitle, testTitle } from './cell-titles.ts'
import type { ExpectedRequest, Form, FrameworkRow, FrameworkVersion } from './framework-row.ts'
import { type FrameworkRun, runApp } from './framework-run.ts'
import { installPackages } from './installed-packages.ts'
import { expectedOf, seenOf } from './series.ts'

/**
 * Which cells run: `fast` leaves slow versions out, `slow` runs those only, `all` runs both, and
 * `newest` runs the newest version in its first form. `npm run test:frameworks` and `npm run
 * test:matrix` set the variable.
 */
const { FRAMEWORKS: chosen = 'fast' } = environment()

const titles: Readonly<Record<Form, string>> = {
  cjs: 'CommonJS',
  esm: 'ES modules',
  ts: 'TypeScript by Node',
  tsx: 'TypeScript by tsx',
  bundle: 'minified bundle',
  'bundle-esm': 'minified bundle of ES modules',
}

/** Declares the tests: one per version of the framework, and one per form of the newest version. */
export function frameworkMatrix(row: FrameworkRow): void {
  describe(suiteTitle(row.framework), () => {
    for (const version of row.versions.filter((each) => isChosen(each, row))) {
      for (const form of formsOf(version, row)) {
        const [number = ''] = Object.values(version.packages)
        test(testTitle({ version: number, form: titles[form] }), async (context) => {
          await checkVersion(context, { row, version, form })
        })
      }
    }
  })
}

function isChosen(version: FrameworkVersion, row: FrameworkRow): boolean {
  const isSlow = version.slow === true
  if (chosen === 'all') return true
  if (chosen === 'slow') return isSlow
  if (chosen === 'fast') return !isSlow
  if (chosen === 'newest') return !isSlow && version === row.versions.at(-1)
  throw new RangeError(`FRAMEWORKS must be fast, slow, all or newest, and is ${chosen}.`)
}

function formsOf(version: FrameworkVersion, { versions, forms }: FrameworkRow): readonly Form[] {
  const [first = 'cjs', ...others] = forms ?? []
  return version === versions.at(-1) && chosen !== 'newest' ? [first, ...others] : [first]
}

interface Cell {
  readonly row: FrameworkRow
  readonly version: FrameworkVersion
  readonly form: Form
}

async function checkVersion(context: TestContext, { row, version, form }: Cell): Promise<void> {
  const oldest = version.node ?? (form === 'ts' ? '22.18' : '0')
  if (!isNode(oldest)) return context.skip(`needs Node ${oldest}`)
  const { nodeBelow } = version
  if (nodeBelow && isNode(nodeBelow)) return context.skip(`needs a Node below ${nodeBelow}`)
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
  await compare(context, { requests, plain, observed, varying: version.varying })
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
  readonly varying: RegExp | undefined
}

/** One subtest for each column of the table of `npm run test:frameworks`. */
async function compare(context: TestContext, { requests, ...runs }: Runs): Promise<void> {
  const { plain, observed, varying = /^$/g } = runs
  const { page, responses } = observed
  const expected = expectedOf(requests, responses)
  const seen = seenOf(page, requests)
  await context.test(columns.routes, () => assert.deepEqual(seen.routes, expected.routes))
  await context.test(columns.errors, () => {
    assert.deepEqual(seen.failures, expected.failures)
    assert.deepEqual(seen.handled, expected.handled)
  })
  await context.test(columns['counts and sizes'], () => {
    const { length } = responses
    assert.deepEqual(seen.totals, { requests: length, overRoutes: length, active: 0, faults: 0 })
    assert.deepEqual(seen.sizes, expected.sizes)
  })
  await context.test(columns.unchanged, () => {
    assert.deepEqual(
      responses.map(({ status }) => status),
      expected.statuses,
      observed.stderr,
    )
    assert.deepEqual(without(varying, responses), without(varying, plain.responses))
    assert.deepEqual(observed.stdout, plain.stdout)
    assert.deepEqual([observed.code, plain.code], [0, 0], observed.stderr)
  })
}

function without(part: RegExp, responses: FrameworkRun['responses']): FrameworkRun['responses'] {
  return responses.map((each) => ({ ...each, body: each.body.replaceAll(part, '') }))
}
