import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { pageSize } from '../../../src/support/process/page-size.ts'
import { ownStartTicks } from '../../../src/support/process/process-identity.ts'
import { parseProcessStat, readProcessStat } from '../../../src/support/process/process-stat.ts'
import { temporaryDirectory } from '../programs/temporary-directory.ts'

const isLinux = process.platform === 'linux'

/** Fields 4 to 24 of proc(5). */
const fields = '1 2 3 4 5 6 7 8 9 10 250 125 13 14 15 16 17 18 987654 20 4096'
const expected = {
  state: 'R',
  userSeconds: 2.5,
  systemSeconds: 1.25,
  startTicks: '987654',
  rssPages: 4_096,
}

describe('The stat of a process', () => {
  for (const name of ['node', 'a b', 'evil) Z 1 (name', ') R 9 9', '((']) {
    test(`is read behind the name ${name}`, () => {
      assert.deepEqual(parseProcessStat(`4711 (${name}) R ${fields} 25 26\n`), expected)
    })
  }

  const invalid = {
    'an empty text': '',
    'a text without a name': `4711 R ${fields}`,
    'a text that ends behind the name': '4711 (node)',
    'a text with fields missing': '4711 (node) R 1 2 3',
    'a state of two letters': `4711 (node) RR ${fields}`,
    'ticks that are no number': `4711 (node) R ${fields.replace('987654', 'soon')}`,
    'CPU time that is no number': `4711 (node) R ${fields.replace(' 250 ', ' x ')}`,
    'CPU time below zero': `4711 (node) R ${fields.replace(' 250 ', ' -1 ')}`,
  }
  for (const [title, text] of Object.entries(invalid)) {
    test(`is undefined for ${title}`, () => {
      assert.equal(parseProcessStat(text), undefined)
    })
  }

  test('is read below another root, and is undefined without a file', async (context) => {
    const root = await temporaryDirectory(context)
    mkdirSync(join(root, '4711'))
    writeFileSync(join(root, '4711/stat'), `4711 (node) R ${fields}`)
    assert.deepEqual(readProcessStat(4_711, root), expected)
    assert.equal(readProcessStat(4_712, root), undefined)
  })

  test('has the units of the system', { skip: !isLinux }, () => {
    const number = (name: string): number =>
      Number(spawnSync('getconf', [name], { encoding: 'utf8' }).stdout)
    assert.equal(number('CLK_TCK'), 100)
    assert.equal(pageSize(), number('PAGESIZE'))
  })

  test('of this process has its memory, its CPU time and its start', { skip: !isLinux }, () => {
    const stat = readProcessStat(process.pid)
    assert.ok(stat)
    const { user, system } = process.cpuUsage()
    const difference = (user + system) / 1e6 - stat.userSeconds - stat.systemSeconds
    assert.ok(difference > -0.02 && difference < 5, `${difference} s`)
    const ratio = (stat.rssPages * (pageSize() ?? 0)) / process.memoryUsage.rss()
    assert.ok(ratio > 0.5 && ratio < 2, `${ratio}`)
    assert.equal(stat.startTicks, ownStartTicks())
  })
})

describe('The size of a page', () => {
  test('is undefined without a vector, and in a vector without the size', () => {
    assert.equal(pageSize(Buffer.alloc(0)), undefined)
    assert.equal(pageSize(Buffer.alloc(160)), undefined)
  })
})
