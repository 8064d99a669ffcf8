import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { DataPoint } from '@opentelemetry/sdk-metrics'
import { pushLimits } from '../../src/limits/push.ts'
import { toOtel } from '../../src/otel/to-otel.ts'
import type { Concern, Outcome, Refusal } from '../../src/push/answers/outcome.ts'
import { metricsIn, type Part } from '../../src/push/push-batches.ts'
import { isContentRefusal, RefusalSearch } from '../../src/push/refusal-search.ts'

const accepted: Outcome = { kind: 'accepted', partialSuccess: undefined }

function refusal(concerns: Concern = 'content'): Refusal {
  return { kind: 'refused', concerns, status: '400', reason: 'bad' }
}

/** Counters by name, each with so many series. */
function partWith(sizes: Readonly<Record<string, number>>): Part {
  const metrics = Object.entries(sizes).map(([name, size]) => ({
    descriptor: { name, kind: 'counter', unit: '', description: '', scope: 's' } as const,
    points: Array.from({ length: size }, (_, number) => ({ attributes: { number }, value: 1 })),
  }))
  return toOtel(metrics, { now: 1, startOf: () => 1 })
}

/** Series such as `a 0`. */
function seriesIn(part: Part): string[] {
  return metricsIn(part).flatMap(({ metric }) =>
    (metric.dataPoints as DataPoint<number>[]).map(
      ({ attributes }) => `${metric.descriptor.name} ${attributes['number']}`,
    ),
  )
}

/** Searches a refused request. @param answer to a request with these series. */
async function search(
  part: Part,
  answer: (series: readonly string[]) => Outcome | undefined,
  { requests = 32, concerns = 'content' as Concern } = {},
) {
  const sent: string[][] = []
  const found = { refused: [] as string[][], suspects: [] as string[][], whole: [] as number[] }
  await new RefusalSearch([{ part, held: undefined, refusal: refusal(concerns) }], {
    requests,
    send: async (each) => {
      sent.push(seriesIn(each))
      return answer(seriesIn(each))
    },
    onRefused: (request) => found.refused.push(seriesIn(request.part)),
    onRefusedWhole: (points) => found.whole.push(points),
    onSuspects: (request) => found.suspects.push(seriesIn(request.part)),
  }).run()
  return { ...found, sent }
}

const refusing =
  (bad: readonly string[], concerns: Concern = 'content') =>
  (series: readonly string[]): Outcome =>
    series.some((each) => bad.includes(each)) ? refusal(concerns) : accepted

const none = { refused: [], suspects: [], whole: [] }
const many = pushLimits.searchedPoints

describe('The search in a refused request', () => {
  test('finds the refused metric by halves, and sends all others', async () => {
    const part = partWith({ a: 1, b: 1, c: 1, d: 1 })
    const { sent, ...found } = await search(part, refusing(['c 0']))
    assert.deepEqual(found, { ...none, refused: [['c 0']] })
    assert.deepEqual(sent, [['a 0', 'b 0'], ['c 0', 'd 0'], ['c 0'], ['d 0']])
  })

  test('finds the refused data point of a small metric', async () => {
    const { sent, ...found } = await search(partWith({ a: many - 1 }), refusing(['a 0', 'a 14']))
    assert.deepEqual(found, { ...none, refused: [['a 0'], ['a 14']] })
    assert.ok(sent.length > 2)
  })

  test('sends nothing where a single data point is left', async () => {
    const { sent, ...found } = await search(partWith({ a: 1 }), refusing([]))
    assert.deepEqual(found, { ...none, refused: [['a 0']] })
    assert.deepEqual(sent, [])
  })

  test('tells the size of a request whose halves are both accepted', async () => {
    const found = await search(partWith({ a: 2, b: 3 }), refusing([]))
    assert.deepEqual(found.whole, [5])
    assert.deepEqual([...found.refused, ...found.suspects], [])
  })

  test('ends with its requests, and suspects the rest', async () => {
    const part = partWith({ a: 1, b: 1, c: 1, d: 1 })
    const bad = ['a 0', 'b 0', 'c 0', 'd 0']
    assert.deepEqual((await search(part, refusing(bad), { requests: 3 })).suspects, [bad])
    const { sent, refused, suspects } = await search(part, refusing(bad), { requests: 4 })
    assert.equal(sent.length, 2)
    assert.deepEqual(
      { refused, suspects },
      { refused: [], suspects: [bad.slice(0, 2), bad.slice(2)] },
    )
  })

  test('suspects a half that has no answer, or an answer of another kind', async () => {
    const others: readonly (Outcome | undefined)[] = [
      ...[undefined, refusal('receiver'), refusal('request')],
      { kind: 'unavailable', reason: 'away', retryAfterMs: undefined },
    ]
    for (const other of others) {
      const answer = (series: readonly string[]) => (series.includes('a 0') ? accepted : other)
      const { sent, ...found } = await search(partWith({ a: 1, b: 1 }), answer)
      assert.deepEqual(found, { ...none, suspects: [['b 0']] })
      assert.equal(sent.length, 2)
    }
  })
})

describe('A metric of pushLimits.searchedPoints data points or more', () => {
  const all = seriesIn(partWith({ a: many }))

  test('is refused as a whole if a data point of each half is refused', async () => {
    const { sent, ...found } = await search(partWith({ a: many }), refusing(all))
    assert.deepEqual(found, { ...none, refused: [all] })
    assert.deepEqual(
      sent.map((series) => series.length),
      [many / 2, many / 2, 1, 1],
    )
  })

  test('is searched further if the data point of a half is accepted', async () => {
    for (const bad of [
      ['a 1', 'a 15'],
      ['a 0', 'a 15'],
    ]) {
      const found = await search(partWith({ a: many }), refusing(bad))
      assert.deepEqual(
        found.refused,
        bad.map((each) => [each]),
      )
    }
  })

  test('is searched further where the receiver refuses the size', async () => {
    const { sent } = await search(partWith({ a: many }), refusing(all, 'size'))
    assert.deepEqual(
      sent.slice(0, 4).map((series) => series.length),
      [many / 2, many / 2, many / 4, many / 4],
    )
  })

  test('is told apart from two metrics', async () => {
    const part = partWith({ a: many, b: many })
    const { sent } = await search(part, refusing(seriesIn(part)))
    assert.deepEqual(
      sent.slice(0, 4).map((series) => series.length),
      [many, many, many / 2, many / 2],
    )
  })
})

test('A refusal of the content or the size concerns the metrics of the request', () => {
  const concerns: readonly Concern[] = ['content', 'size', 'request', 'receiver']
  assert.deepEqual(
    concerns.map((each) => isContentRefusal(refusal(each))),
    [true, true, false, false],
  )
  assert.equal(isContentRefusal(accepted), false)
  assert.equal(isContentRefusal(undefined), false)
})
