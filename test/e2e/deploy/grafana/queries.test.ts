import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { countOf, type Span, totalOf, valuesOf } from '../../../support/grafana/asking.ts'
import {
  type Dashboard,
  type DashboardQuery,
  dashboardFiles,
  queriesOf,
  textOf,
  type Variable,
} from '../../../support/grafana/dashboard-files.ts'
import { type Feed, startFeed } from '../../../support/grafana/feed.ts'
import { type Choice, interpolate, variablesOf } from '../../../support/grafana/interpolation.ts'
import { eventually } from '../../../support/programs/app.ts'
import { latestFirst } from '../../../support/programs/belongings.ts'
import { memoryCgroup } from '../../../support/programs/memory-cgroup.ts'
import { startRedis } from '../../../support/redis/redis.ts'
import { need, prometheus, pythonWithExporter } from '../../../support/tools.ts'

type Choices = Readonly<Record<string, Choice>>

/** Far above the needs of the demo application. */
const memoryLimitBytes = 2 * 1_024 ** 3

test('Every query of each dashboard has data, for all and for single values', async (context) => {
  const [program, python] = [need(context, prometheus()), need(context, pythonWithExporter())]
  if (program === undefined || python === undefined) return
  const belongings = latestFirst(context)
  const redis = await startRedis(belongings)
  if (redis === undefined) return
  const cgroup = memoryCgroup(memoryLimitBytes)
  if (cgroup) belongings.after(() => cgroup.remove())
  else context.diagnostic('This user cannot make a cgroup: its memory is not asked for.')
  const starter = cgroup?.starter ?? []
  const feed = await startFeed(belongings, { prometheus: program, python, redis, starter })
  const dashboards = [...dashboardFiles().values()]
  const every = dashboards.flatMap((dashboard) =>
    queriesOf(dashboard).map((query) => ({ dashboard, query })),
  )
  const asked = every.filter(({ query }) => cgroup || !query.expression.includes('_cgroup_'))

  await context.test('with all values', async () => {
    const counts = await untilAllHaveData(feed, asked, {
      choices: async (dashboard) => [await allChosen(feed, dashboard)],
    })
    print(counts)
  })

  await context.test('with the values of each variable as a list', async () => {
    await untilAllHaveData(feed, asked, {
      choices: async (dashboard) => [await allListed(feed, dashboard)],
    })
  })

  await context.test('with one value of each variable', async () => {
    await untilAllHaveData(feed, asked, {
      choices: (dashboard, query) => singles(feed, dashboard, query),
    })
  })

  await context.test('and adds up classic and native histograms', async () => {
    const routes = dashboards.filter(({ title }) => title === 'Gunicorn / Routes')
    for (const place of ['Requests A', 'Requests under way by route A']) {
      const found = routes.flatMap(queriesOf).find((query) => query.place === place)
      assert.ok(found, place)
      await eventually(async () => await assertAddsUp(feed, found.expression), 60_000)
    }
  })

  await context.test('and of the Python package as the descriptions say', async () => {
    await eventually(async () => {
      await feed.provoke()
      for (const dashboard of dashboards) await assertPython(feed, dashboard)
    }, 60_000)
  })
})

/** Asks for a job with classic histograms and a job with native histograms, apart and together. */
async function assertAddsUp(feed: Feed, expression: string): Promise<void> {
  const time = Date.now() / 1_000 - settledAfterSeconds
  const [classic = 0, native = 0, both = 0] = await Promise.all(
    [['shop'], ['native'], ['shop', 'native']].map((job) => {
      const choices = { ...all, job, top: ['64'] }
      const asked = interpolate(expression, choices, { __rate_interval: '5s' })
      return totalOf(feed.prometheus.url, asked, time)
    }),
  )
  assert.ok(classic > 0 && native > 0, `${expression}: ${classic} classic, ${native} native`)
  assert.ok(Math.abs(both / (classic + native) - 1) < 1e-6, `${expression}: ${both} together`)
}

/** Scrapes store no samples for a time so long ago, so all questions have the same answer. */
const settledAfterSeconds = 3

/** Asks every panel for the job of the Python package alone. */
async function assertPython(feed: Feed, dashboard: Dashboard): Promise<void> {
  for (const { title, description = '', targets = [] } of dashboard.panels) {
    const counts = await Promise.all(
      targets.map(({ expr: expression, instant = false }) => {
        const kind = instant ? 'instant' : 'range'
        const query = { dashboard: dashboard.title, place: title, kind, expression } as const
        return ask(feed, query, { ...all, job: ['python'] })
      }),
    )
    const where = `${dashboard.title}, ${title}: ${counts.join(', ')} series`
    if (description.includes(pythonSentences.none)) assert.ok(!counts.some(Boolean), where)
    else if (description.includes(pythonSentences.partly)) assert.ok(counts.some(Boolean), where)
    else assert.ok(counts.every(Boolean), where)
  }
}

/** The sentences of deploy/grafana/source/panel.ts. */
const pythonSentences = {
  none: 'The Python package has no such metric.',
  partly: 'In the Python package:',
}

const all: Choices = {
  job: { all: '.*' },
  instance: { all: '.*' },
  worker: { all: '.*' },
  route: { all: '.*' },
  top: ['10'],
}

interface Asked {
  readonly dashboard: Dashboard
  readonly query: DashboardQuery
}

interface Asking {
  /** Choices to try. Data for one of them is enough. */
  readonly choices: (
    dashboard: Dashboard,
    query: DashboardQuery,
  ) => readonly Choices[] | Promise<readonly Choices[]>
}

type Counts = ReadonlyMap<DashboardQuery, number>

/** Provokes events until each query has data. The deadline only ends a failing test. */
async function untilAllHaveData(
  feed: Feed,
  asked: readonly Asked[],
  { choices }: Asking,
): Promise<Counts> {
  const end = Date.now() + 120_000
  const counts = new Map<DashboardQuery, number>(asked.map(({ query }) => [query, 0]))
  for (;;) {
    await feed.provoke()
    for (const { dashboard, query } of asked) {
      if (counts.get(query) !== 0) continue
      counts.set(query, await largest(feed, query, await choices(dashboard, query)))
    }
    const empty = [...counts].filter(([, count]) => count === 0).map(([query]) => query)
    if (empty.length === 0) return counts
    const text = empty.map(({ place, expression }) => `${place}: ${expression}`).join('\n')
    assert.ok(Date.now() < end, `no data:\n${text}`)
    await sleep(1_000)
  }
}

/** The number of series for the first choice that has data. */
async function largest(
  feed: Feed,
  query: DashboardQuery,
  choices: readonly Choices[],
): Promise<number> {
  for (const choice of choices) {
    const count = await ask(feed, query, choice)
    if (count > 0) return count
  }
  return 0
}

async function ask(feed: Feed, query: DashboardQuery, choices: Choices): Promise<number> {
  const span: Span = { start: feed.start, end: Date.now() / 1_000 }
  const builtIn = { __rate_interval: '5s', __range: `${Math.ceil(span.end - span.start)}s` }
  const expression = interpolate(query.expression, choices, builtIn)
  return await countOf(feed.prometheus.url, { kind: query.kind, expression }, span)
}

/** What Grafana sends for all values: `allValue`, or else the list of the values. */
async function allChosen(feed: Feed, dashboard: Dashboard): Promise<Choices> {
  return await listed(feed, dashboard, ({ allValue }) => allValue === undefined)
}

/** Each variable with the list of all of its values. */
async function allListed(feed: Feed, dashboard: Dashboard): Promise<Choices> {
  return await listed(feed, dashboard, () => true)
}

async function listed(
  feed: Feed,
  dashboard: Dashboard,
  isListed: (variable: Variable) => boolean,
): Promise<Choices> {
  const chosen: Record<string, Choice> = { ...all }
  for (const variable of dashboard.templating.list) {
    if (variable.type !== 'query' || !isListed(variable)) continue
    chosen[variable.name] = await values(feed, textOf(variable), chosen)
  }
  return chosen
}

/** Every combination of single values of the variables that the query uses. */
async function singles(
  feed: Feed,
  dashboard: Dashboard,
  { expression }: DashboardQuery,
): Promise<Choices[]> {
  const used = new Set(variablesOf(expression))
  let found: Choices[] = [all]
  for (const variable of dashboard.templating.list) {
    if (variable.type !== 'query' || !used.has(variable.name)) continue
    const next = found.map(async (chosen) => {
      const one = await values(feed, textOf(variable), chosen)
      return one.map((value) => ({ ...chosen, [variable.name]: [value] }))
    })
    found = (await Promise.all(next)).flat()
  }
  return found
}

async function values(feed: Feed, query: string, choices: Choices): Promise<readonly string[]> {
  return await valuesOf(feed.prometheus.url, interpolate(query, choices, {}))
}

function print(counts: Counts): void {
  const lines = [...counts].map(([{ dashboard, place, kind }, count]) => {
    return `${String(count).padStart(4)} ${kind.padEnd(9)} ${dashboard}: ${place}`
  })
  process.stdout.write(`\nSeries for each query:\n${lines.join('\n')}\n`)
}
