import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { eventually } from '../../support/programs/app.ts'
import { deathLines, die, withDying } from '../../support/programs/dying.ts'
import { sum } from '../../support/prometheus/page.ts'

const smallHeap = ['--max-old-space-size=64']

describe('A full heap of a worker', () => {
  for (const [title, way] of [
    ['that fills over many turns', 'leak'],
    ['that fills in one turn', 'fill'],
  ] as const) {
    test(`${title} has the reason heap, as a crash and probable`, async () => {
      await withDying(
        {},
        async (app, port) => {
          const death = await die(app, port, way)
          const { reason, certainty, restartType, signal } = death
          // A worker that fills its heap in one turn reports its memory before that turn alone.
          assert.ok((death.memoryBytes ?? 0) > 100 * 2 ** 20, `${death.memoryBytes} bytes`)
          assert.match(app.stderr(), /JavaScript heap out of memory/)
          assert.deepEqual(
            [reason, certainty, restartType, signal],
            ['heap', 'probable', 'crash', 'SIGABRT'],
          )
          await eventually(async () => {
            assert.match(deathLines(app).at(-1) ?? '', /^heap \(crash, SIGABRT, probable\) /)
            const page = await app.page()
            const labels = { reason: 'heap', restart_type: 'crash' }
            assert.equal(sum(page, 'gunicorn_worker_restart_count_total', labels), 1)
            assert.equal(sum(page, 'gunicorn_master_worker_restarts_total'), 1)
          })
        },
        smallHeap,
      )
    })
  }
})

describe('Another end for lack of memory, or by SIGABRT,', () => {
  type Row = readonly [title: string, way: string, reason: string, name: string | undefined]
  const rows: readonly Row[] = [
    ['an abort() with an empty heap', 'abort', 'abort', undefined],
    ['an array buffer beyond the memory', 'buffers', 'error', 'RangeError'],
    ['a full heap of a worker thread', 'thread', 'error', 'ERR_WORKER_OUT_OF_MEMORY'],
  ]
  for (const [title, way, reason, name] of rows) {
    test(`such as ${title}, is no full heap`, async () => {
      await withDying(
        {},
        async (app, port) => {
          const death = await die(app, port, way)
          assert.deepEqual(
            [death.reason, death.certainty, death.error?.name],
            [reason, 'certain', name],
          )
        },
        smallHeap,
      )
    })
  }
})
