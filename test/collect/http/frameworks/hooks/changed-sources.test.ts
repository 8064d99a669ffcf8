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

/** A program that changes the module `inner`, and prints the calls that the framework got. */
function program(change: string, file = 'inner/index.mjs'): string {
  const url = (file: string): string => JSON.stringify(pathToFileURL(join(sources, file)).href)
  return `
    import { callText, changeSources } from ${url('changed-sources.ts')}
    import { requestSlots } from ${url('request-slot.ts')}
    const told = []
    changeSources([{
      name: 'inner',
      sources: [{ package: 'inner', file: '${file}', change: ${change} }],
      onCall: (...values) => { told.push(values); if (values[0] === 'fails') throw new Error() },
    }])
    const { answer } = await import('inner')
    answer('one')
    answer('fails')
    console.log(JSON.stringify({ told, faults: requestSlots().faults }))
  `
}

async function outcome(change: string, changed?: string): Promise<unknown> {
  const file = join(directory, `main-${names++}.mjs`)
  writeFileSync(file, program(change, changed))
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

  test('counts a fault for a module of another form, and does not change the module', async () => {
    assert.deepEqual(await outcome('(text) => text'), { told: [], faults: 1 })
  })

  test('counts a fault for a change that throws, and loads the module', async () => {
    const change = `() => { throw new Error('a change') }`
    assert.deepEqual(await outcome(change), { told: [], faults: 1 })
  })

  test('changes a file whose folder is known', async () => {
    const change = `(text) => text.replace('{', '{' + callText('inner', 'value') + ';')`
    const expected = { told: [['one'], ['fails']], faults: 1 }
    assert.deepEqual(await outcome(change, 'inner/'), expected)
  })

  test('counts no fault for another file of a known folder', async () => {
    assert.deepEqual(await outcome('(text) => text', 'inner/'), { told: [], faults: 0 })
  })

  test('makes no hook where no package is installed', async () => {
    const module = JSON.stringify(pathToFileURL(join(sources, 'changed-sources.ts')).href)
    const file = join(directory, 'hooks.mjs')
    const lines = [
      `import Module, { syncBuiltinESMExports } from 'node:module'`,
      `import { changeSources } from ${module}`,
      'let hooks = 0',
      'Module.registerHooks = () => { hooks += 1 }',
      'syncBuiltinESMExports()',
      'const sources = (name) => [{ package: name, file: name, change: (text) => text }]',
      `changeSources([{ name: 'a', sources: sources('missing') }])`,
      'const before = hooks',
      `changeSources([{ name: 'a', sources: sources('inner') }])`,
      'console.log(JSON.stringify([before, hooks]))',
    ]
    writeFileSync(file, lines.join('\n'))
    const { stdout } = await run(process.execPath, [file], { cwd: directory })
    assert.deepEqual(JSON.parse(stdout), [0, 1])
  })

  // Before Node 22.22.3 and 24.12, this fails with any hook.
  test('keeps require.cache of an imported CommonJS module', async () => {
    writeFileSync(join(directory, 'needed.cjs'), '')
    const path = "require.resolve('./needed.cjs')"
    const lines = [`require('./needed.cjs')`, `module.exports = ${path} in require.cache`]
    writeFileSync(join(directory, 'imported.cjs'), lines.join('\n'))
    const file = join(directory, 'cache.mjs')
    const change = `const { default: isCached } = await import('./imported.cjs')`
    const text = program('(text) => text').replace(
      'const { answer }',
      `${change}\nconst { answer }`,
    )
    writeFileSync(file, text.replace('{ told,', '{ isCached, told,'))
    const { stdout } = await run(process.execPath, [file], { cwd: directory })
    assert.deepEqual(JSON.parse(stdout), { isCached: true, told: [], faults: 1 })
  })
})
