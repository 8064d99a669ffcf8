import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import * as message from '../../../src/master/agent/message.ts'

const { commandOf, agentVariable, ...others } = message
const commands = Object.values(others)

describe('commandOf', () => {
  test('knows nine different commands', () => {
    assert.equal(new Set(commands).size, 9)
  })

  for (const command of commands) {
    test(`returns ${command}, which Node.js hides from applications`, () => {
      assert.equal(commandOf({ cmd: command }), command)
      assert.ok(command.startsWith('NODE_'))
    })
  }

  for (const value of [undefined, null, 7, commands[0], [], {}, { cmd: 'NODE_OTHER' }]) {
    test(`returns no command for ${JSON.stringify(value)}`, () => {
      assert.equal(commandOf(value), undefined)
    })
  }
})
