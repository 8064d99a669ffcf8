import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { completeLine } from '../../../src/commands/ctl/completion.ts'

const commands = [
  'show all',
  'show workers',
  'worker add [N]',
  'worker kill PID',
  'worker profile PID [SECONDS]',
  'shutdown [graceful|quick]',
]

function complete(line: string): [string[], string] {
  return completeLine(line, { commands, pids: [4711, 4712] })
}

describe('TAB completes', () => {
  for (const [line, words, part] of [
    ['', ['show', 'shutdown', 'worker'], ''],
    ['sh', ['show', 'shutdown'], 'sh'],
    ['show w', ['workers'], 'w'],
    ['worker ', ['add', 'kill', 'profile'], ''],
    ['worker kill ', ['4711', '4712'], ''],
    ['worker profile 47', ['4711', '4712'], '47'],
    ['worker profile 4711 ', [], ''],
    ['worker add ', [], ''],
    ['shutdown q', ['quick'], 'q'],
    ['bogus ', [], ''],
  ] as const) {
    test(`“${line}”`, () => {
      assert.deepEqual(complete(line), [words.map((word) => `${word} `), part])
    })
  }
})
