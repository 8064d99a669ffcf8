import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { LoadedModules } from '../../../../../src/collect/http/frameworks/hooks/loaded-modules.ts'
import { requestSlots } from '../../../../../src/collect/http/frameworks/hooks/request-slot.ts'

const directory = mkdtempSync(join(tmpdir(), 'loaded-modules-'))
after(() => rmSync(directory, { recursive: true }))

test('LoadedModules patches each loaded copy of a module once, and counts a failed patch', () => {
  const copies = ['', 'node_modules/outer/'].map((above) => {
    const folder = join(directory, above, 'node_modules/inner/lib')
    mkdirSync(folder, { recursive: true })
    writeFileSync(join(folder, 'index.js'), 'exports.answer = 42')
    return join(folder, 'index.js')
  })
  const seen: unknown[] = []
  const patch = (exports: unknown): void => {
    seen.push(exports)
    if (seen.length === 2) throw new Error('another shape')
  }
  const modules = new LoadedModules([
    { name: 'inner', modules: [{ file: 'inner/lib/index.js', patch }] },
  ])
  modules.patch()
  assert.deepEqual(seen, [])
  const { faults } = requestSlots()
  const require = createRequire(import.meta.url)
  for (const copy of copies) {
    require(copy)
    modules.patch()
    modules.patch()
  }
  assert.deepEqual(seen, [{ answer: 42 }, { answer: 42 }])
  assert.equal(requestSlots().faults, faults + 1)
})

test('LoadedModules shows each listener to each framework, and counts an error', () => {
  const seen: unknown[] = []
  const modules = new LoadedModules([
    { name: 'first', listener: () => assert.fail('another shape') },
    { name: 'second', listener: (listener) => seen.push(listener) },
    { name: 'third' },
  ])
  const { faults } = requestSlots()
  modules.adopt(['a', 'b'])
  assert.deepEqual(seen, ['a', 'b'])
  assert.equal(requestSlots().faults, faults + 2)
})
