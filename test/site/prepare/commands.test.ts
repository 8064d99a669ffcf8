import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { commandsOf } from '../../../site/prepare/commands.ts'

describe('The page of the command line', () => {
  it('has each command with options, in the order of the help', () => {
    const help = [
      'Usage: gunicorn-prometheus-exporter COMMAND',
      '  run [options] FILE  runs a server',
      '  top [options] [URL] shows workers',
      '  help [COMMAND]      prints this text',
      '  --version           prints the version',
    ]
    assert.deepEqual(commandsOf(help.join('\n')), ['run', 'top'])
  })
})
