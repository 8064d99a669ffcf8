import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { describe, test } from 'node:test'
import { shellWord } from '../../../src/model/text/shell-word.ts'

describe('A word for the shell', () => {
  for (const text of ['/run/app/größe', 'a@b:1,2.3/4_5-6+7=8%', '@opentelemetry/api']) {
    test(`is ${text} as it is`, () => assert.equal(shellWord(text), text))
  }

  for (const text of ['', 'a b', "it's", '$(id)', '`id`', '"', 'a;b', '~', '*', 'a\\b', 'ä ö']) {
    test(`gives ${JSON.stringify(text)} to the program`, () => {
      const { stdout } = spawnSync('sh', ['-c', `printf %s ${shellWord(text)}`])
      assert.equal(stdout.toString(), text)
    })
  }
})
