import assert from 'node:assert/strict'
import { describe, type TestContext, test } from 'node:test'
import { latestFirst } from '../programs/belongings.ts'
import { plainEnd } from './plain-end.ts'
import { readyProgram } from './program-place.ts'
import type { ProgramRow } from './program-row.ts'
import { ProgramRun } from './program-run.ts'

/** Declares one test per program, and one subtest per way in which a worker ends. */
export function checkPrograms(title: string, rows: readonly ProgramRow[]): void {
  describe(title, () => {
    for (const row of rows) test(row.program, (context) => checkProgram(context, row))
  })
}

async function checkProgram(context: TestContext, row: ProgramRow): Promise<void> {
  const belongings = latestFirst(context)
  const program = await readyProgram(belongings, row)
  if (program === undefined) return
  const plain = await plainEnd(program)
  const took = Math.round(plain.tookMs)
  context.diagnostic(`in plain Node.js: ends in ${took} ms, hooks ${plain.hooks.join(', ')}`)
  assert.ok(!plain.hooks.includes(0), `Plain Node.js runs not every hook: ${plain.hooks}`)
  const run = await ProgramRun.start(program, plain)
  belongings.after(() => run.stop())
  // The master counts no requests of HTTP/2.
  if (row.protocol !== 'h2c') await context.test('max_requests', () => run.maxRequests())
  await context.test('HUP', () => run.hup())
  await context.test('TTOU', () => run.ttou())
  await context.test('TERM', () => run.term())
}
