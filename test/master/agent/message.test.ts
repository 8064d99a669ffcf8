import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import {
  type AgentSettings,
  askedCommand,
  beatCommand,
  closedCommand,
  heardCommand,
  heldSignals,
  parseAgentSettings,
  parseFromAgent,
  parseToAgent,
  quitCommand,
  releaseCommand,
  reopenCommand,
  retireCommand,
  spentCommand,
} from '../../../src/master/agent/message.ts'

const toAgent = [
  ...[retireCommand, releaseCommand, heardCommand, reopenCommand].map((cmd) => ({ cmd })),
  ...heldSignals.map((signal) => ({ cmd: quitCommand, signal })),
]
const fromAgent = [
  ...[spentCommand, closedCommand].map((cmd) => ({ cmd })),
  ...heldSignals.map((signal) => ({ cmd: askedCommand, signal })),
  { cmd: beatCommand, rssBytes: 7 },
]
const others = [undefined, null, 7, retireCommand, [], {}, { cmd: 'NODE_OTHER' }]

for (const [name, parse, known, foreign] of [
  [
    'parseToAgent',
    parseToAgent,
    toAgent,
    [...others, ...fromAgent, { cmd: quitCommand }, { cmd: quitCommand, signal: 'SIGKILL' }],
  ],
  [
    'parseFromAgent',
    parseFromAgent,
    fromAgent,
    [...others, ...toAgent, { cmd: askedCommand }, { cmd: beatCommand, rssBytes: '7' }],
  ],
] as const) {
  describe(name, () => {
    for (const message of known) {
      test(`returns ${JSON.stringify(message)}, which Node.js hides from applications`, () => {
        assert.deepEqual(parse({ ...message, other: 1 }), message)
        assert.match(message.cmd, /^NODE_/)
      })
    }

    for (const value of foreign) {
      test(`returns no message for ${JSON.stringify(value)}`, () => {
        assert.equal(parse(value), undefined)
      })
    }
  })
}

describe('parseAgentSettings', () => {
  const first = { beatMs: 250, keepAliveMs: 2_000, gracefulMs: 0, requests: 7 }
  const settings: AgentSettings = {
    ...first,
    connections: 9,
    accessLog: { file: '-', format: 'json' },
    statsd: { host: '127.0.0.1', port: 8_125, prefix: '', tags: '' },
  }
  const without = { connections: 0, accessLog: undefined, statsd: undefined }

  test('returns the settings of a master', () => {
    assert.deepEqual(parseAgentSettings(JSON.stringify(settings)), settings)
  })

  test('returns the settings of an earlier master', () => {
    assert.deepEqual(parseAgentSettings(JSON.stringify(first)), { ...first, ...without })
  })

  test('leaves out settings of another form', () => {
    const wrong = { connections: -1, accessLog: { file: 7 }, statsd: { host: 'h', port: '1' } }
    const text = JSON.stringify({ ...first, ...wrong })
    assert.deepEqual(parseAgentSettings(text), { ...first, ...without })
  })

  for (const text of [undefined, '', '{', '7', '[]', '{"beatMs":250}']) {
    test(`returns no settings for ${text}`, () => {
      assert.equal(parseAgentSettings(text), undefined)
    })
  }
})
