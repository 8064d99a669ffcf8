import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import type { TopDocument } from '../../../../src/commands/top/source/reading.ts'
import { History } from '../../../../src/commands/top/state/history.ts'
import { defaultOrder, firstState } from '../../../../src/commands/top/state/top-state.ts'
import { viewNames } from '../../../../src/commands/top/tables/table.ts'
import { painted } from '../../../../src/commands/top/text/style.ts'
import { widthOf } from '../../../../src/commands/top/text/text-width.ts'
import { type FrameContext, frameOf } from '../../../../src/commands/top/view/frame.ts'
import type { Progress } from '../../../../src/commands/top/view/header.ts'
import { liveReading, liveWorker } from '../../../support/top/documents.ts'

const progress: Progress = {
  shownTarget: 'http://shop:9091',
  failure: undefined,
  ageSeconds: 1,
  retrySeconds: 0,
}
const ability = { hasColour: true, hasUnicode: true }

/** The text of a painted line, without the styles that `painted` adds. */
function withoutStyles(line: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the styles begin with a control.
  return line.replace(/\u001b\[[\d;]*m/g, '')
}

const figure = fc.option(
  fc.oneof(fc.double({ noNaN: false }), fc.integer(), fc.constantFrom(0, -1, 1e300, 1e-9)),
)
const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 200 }),
  fc.constantFrom(
    '\u001b[2J\u001b[H',
    '東京'.repeat(40),
    `e${'\u0301'.repeat(99)}`,
    'a\nb\r\tc',
    '',
  ),
)
const hang = fc.option(
  fc.record({ seconds: figure, heldBy: fc.option(text), stack: fc.option(text) }),
)
const fields = fc.record({
  title: text,
  kind: fc.constantFrom('cluster', 'process', 'sidecar'),
  uptimeSeconds: figure,
  now: figure,
  hidden: fc.option(text),
  headline: fc.record({
    ...{ requestsPerSecond: figure, errorsPerSecond: figure, p50: figure, p95: figure },
    ...{ p99: figure, inFlight: figure },
    workers: fc.record({ live: figure, listening: figure, hanging: figure, wanted: figure }),
  }),
  workers: fc.array(
    fc.record({
      ...{ workerId: text, instance: fc.option(text), pid: figure, hang, listening: fc.boolean() },
      ...{ state: fc.oneof(text, fc.constantFrom('running', 'hanging', 'stopped')) },
      ...{ ageSeconds: figure, requests: figure, cpuPercent: figure, memoryBytes: figure },
    }),
    { maxLength: 30 },
  ),
  routes: fc.array(
    fc.record({ method: text, route: text, requests: figure, errors: figure, p95: figure }),
    { maxLength: 30 },
  ),
  deaths: fc.array(
    fc.record({
      ...{ workerId: text, reason: text, end: text, endedAt: figure, restartType: text, hang },
      error: fc.option(fc.record({ name: text, message: fc.option(text), stack: text })),
    }),
    { maxLength: 30 },
  ),
  instances: fc.array(fc.record({ instance: text, state: text, origin: text }), { maxLength: 9 }),
})
const states = fc.record({
  view: fc.constantFrom(...viewNames),
  page: fc.constantFrom('list', 'details', 'help'),
  filter: fc.string({ maxLength: 20 }),
  filterBefore: fc.option(fc.constant(''), { nil: undefined }),
  selected: fc.option(fc.string(), { nil: undefined }),
  scroll: fc.nat(200),
  isPaused: fc.boolean(),
  instance: fc.option(text),
} as const)
const sizes = fc.record({
  columns: fc.integer({ min: 1, max: 220 }),
  lines: fc.integer({ min: 1, max: 70 }),
})

describe('A screen', () => {
  test('never exceeds the terminal, and has no control character of a foreign text', () => {
    fc.assert(
      fc.property(fields, states, sizes, (given, chosen, size) => {
        const { view } = chosen
        const options = { view, ...defaultOrder(view), filter: '', intervalSeconds: 2 }
        const state = { ...firstState(options), ...chosen }
        const { lines } = frameOf(liveReading(given), {
          history: new History(),
          state,
          progress,
          size,
        })
        assert.equal(lines.length, size.lines)
        for (const line of lines) {
          const plain = withoutStyles(painted(line, size.columns, ability))
          assert.ok(widthOf(plain) <= size.columns, plain)
          assert.doesNotMatch(plain, /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u)
        }
      }),
      { numRuns: 150 },
    )
  })

  const state = firstState({
    view: 'workers',
    ...defaultOrder('workers'),
    filter: '',
    intervalSeconds: 2,
  })
  const size = { columns: 80, lines: 24 }
  const hung = liveWorker({
    ...{ workerId: 'worker_2_1', state: 'hanging' },
    hang: {
      seconds: 9,
      heldBy: 'spin (app.js:7:1)',
      stack: 'at spin (app.js:7:1)\nat run (b.js:1:1)',
    },
  })
  const counts = { live: 2, listening: 1, hanging: 1, stopped: 0, wanted: 4 }
  const reading = liveReading({ workers: [liveWorker(), hung], headline: { workers: counts } })
  const context = { history: new History(), state, progress, size }

  function shown(changes: Partial<FrameContext> = {}): string[] {
    const { lines } = frameOf(reading, { ...context, ...changes })
    return lines.map((line) =>
      line
        .map(({ text }) => text)
        .join('')
        .trimEnd(),
    )
  }

  test('names trouble first, and has the hanging worker on top, in red', () => {
    assert.equal(shown()[1], 'Workers  1 HANGING, 2 of 4 live, 1 taking requests')
    assert.match(shown()[7] ?? '', /^HANGING 9s {4}worker_2/)
    const { lines } = frameOf(reading, context)
    assert.equal(lines[7]?.[0]?.style, 'selectedBad')
  })

  test('shows the stack of a hanging worker', () => {
    const details = { ...state, page: 'details', selected: 'worker_2_1' } as const
    const text = shown({ state: details }).join('\n')
    assert.match(text, /held by {8}spin \(app\.js:7:1\)\nstack\n {2}at spin .*\n {2}at run/)
  })

  test('says why no figures come, and how old the figures are', () => {
    const failure = 'Nothing listens at http://shop:9091 (ECONNREFUSED).'
    const lost = { ...progress, failure, ageSeconds: 75, retrySeconds: 3.2 }
    assert.equal(
      shown({ progress: lost })[4],
      `NO ANSWER Figures are 1 min old, next attempt in 4 s. ${failure}`,
    )
  })

  test('says that a sidecar cannot read Redis, also with a filter, and counts the stale', () => {
    const lost = 'redis cannot be read (connect ECONNREFUSED); the page shows 1 instance.'
    const stale = liveReading({
      kind: 'sidecar',
      workers: [liveWorker({ state: 'stale', listening: false })],
      unread: [lost],
    })
    const text = (filter: string): string[] =>
      frameOf(stale, { ...context, state: { ...state, filter } }).lines.map((line) =>
        line.map((each) => each.text).join(''),
      )
    assert.equal(text('')[1], 'Workers  1 stale, 0 live, 0 taking requests')
    for (const filter of ['', 'worker']) assert.equal(text(filter)[4], lost)
    assert.match(text('')[7] ?? '', /^stale /)
  })

  test('says in yellow what a sidecar waits for, and in red what it cannot read', () => {
    const awaited = ['directory is not there yet; the first application makes it.']
    const unread = ['redis cannot be read (connect ECONNREFUSED).']
    const first = (texts: Partial<TopDocument>) =>
      frameOf(liveReading({ kind: 'sidecar', ...texts }), context).lines[4]?.[0]
    assert.deepEqual(first({ awaited }), { text: awaited[0], style: 'warn' })
    assert.deepEqual(first({ awaited, unread }), { text: unread[0], style: 'bad' })
  })

  test('of a selected row far below scrolls the list', () => {
    const workers = Array.from({ length: 100 }, (_, index) =>
      liveWorker({ workerId: `worker_${index}_1`, requestsPerSecond: 100 - index }),
    )
    const many = liveReading({ workers })
    const chosen = { ...state, selected: 'worker_90_1' }
    const { lines, rows, listLines } = frameOf(many, { ...context, state: chosen })
    const texts = lines.map((line) => line.map(({ text }) => text).join(''))
    assert.ok(texts.some((line) => line.includes('worker_90 ')))
    assert.deepEqual([rows.length, rows[0], listLines], [100, 'worker_0_1', 16])
  })
})
