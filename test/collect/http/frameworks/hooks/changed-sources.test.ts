import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'

const run = promisify(execFile)
const directory = mkdtempSync(join(tmpdir(), 'changed-sources-'))
after(() => rmSync(directory, { recursive: true }))
const sources = join(import.meta.dirname, '../../../../../src/collect/http/frameworks/hooks')

/** A program that changes the module `inner`, and prints what the framework was told. */
function program(change: string): string {
  const url = (file: string): string => JSON.stringify(pathToFileURL(join(sources, file)).href)
  return `
    import { callText, changeSources } from ${url('changed-sources.ts')}
    import { requestSlots } from ${url('request-slot.ts')}
    const told = []
    changeSources([{
      name: 'inner',
      sources: [{ package: 'inner', file: 'inner/index.mjs', change: ${change} }],
      onCall: (...values) => { told.push(values); if (values[0] === 'fails') throw new Error() },
    }])
    const { answer } = await import('inner')
    answer('one')
    answer('fails')
    console.log(JSON.stringify({ told, faults: requestSlots().faults }))
  `
}

async function outcome(change: string): Promise<unknown> {
  const file = join(directory, `main-${names++}.mjs`)
  writeFileSync(file, program(change))
  const { stdout } = await run(process.execPath, [file], { cwd: directory })
  return JSON.parse(stdout)
}

let names = 0

describe('changeSources()', () => {
  const folder = join(directory, 'node_modules/inner')
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'package.json'), '{"type":"module","exports":"./index.mjs"}')
  writeFileSync(join(folder, 'index.mjs'), 'export function answer(value) { return value }')

  test('adds calls to a module, and counts a call that fails', async () => {
    const change = `(text) => text.replace('{', '{' + callText('inner', 'value, 2') + ';')`
    assert.deepEqual(await outcome(change), {
      told: [
        ['one', 2],
        ['fails', 2],
      ],
      faults: 1,
    })
  })

  test('counts a module of another form, and leaves the module', async () => {
    assert.deepEqual(await outcome('(text) => text'), { told: [], faults: 1 })
  })
})
