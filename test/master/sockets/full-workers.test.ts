import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FullWorkers } from '../../../src/master/sockets/full-workers.ts'
import { withoutCodes } from '../../support/config/sentences.ts'

test('FullWorkers logs the first refusal, and no further line for a minute', () => {
  const lines: string[] = []
  const full = new FullWorkers({
    write: (level, text) => lines.push(`${level}: ${withoutCodes(text)}`),
  })
  for (const pid of [4711, 4711, 4712]) full.tell(pid)
  assert.equal(lines.length, 1)
  assert.match(lines[0] ?? '', /^warning: Worker \(pid:4711\) has all its connections\./)
  assert.match(lines[0] ?? '', /Refusals so far: 1$/)
})
