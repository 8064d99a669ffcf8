import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { closeSync, existsSync, openSync } from 'node:fs'
import { test } from 'node:test'
import { observeDescriptors } from '../../../src/collect/process/descriptors.ts'

const skip = existsSync('/proc/self/fd') ? false : 'needs /proc'

test('observeDescriptors counts open files', { skip }, () => {
  const descriptors = observeDescriptors()
  const before = descriptors?.open() ?? Number.NaN
  const files = Array.from({ length: 30 }, () => openSync(import.meta.filename, 'r'))
  assert.equal(descriptors?.open(), before + 30)
  // Before Linux 6.2, the system does not give the number.
  assert.equal(observeDescriptors(() => 0)?.open(), before + 30)
  for (const file of files) closeSync(file)
  assert.equal(descriptors?.open(), before)
})

test('observeDescriptors knows the limit and the count at the limit', { skip }, () => {
  const file = new URL('../../../src/collect/process/descriptors.ts', import.meta.url)
  const program = `
    import { openSync } from 'node:fs'
    import { observeDescriptors } from '${file}'
    const all = [observeDescriptors(), observeDescriptors(() => 0)]
    const fill = () => {
      try { for (;;) openSync('/dev/null') } catch (error) { return error.code }
    }
    const code = fill()
    const values = all.map((each) => [each.max(), each.open()])
    process.stdout.write(JSON.stringify({ code, values }))`
  const node = `'${process.execPath}' --no-warnings --input-type=module-typescript`
  const { stdout, stderr } = spawnSync('sh', ['-c', `ulimit -n 200 && exec ${node}`], {
    input: program,
    encoding: 'utf8',
  })
  const { code, values } = JSON.parse(stdout || stderr)
  assert.equal(code, 'EMFILE')
  const [[max, open], [, openBySearch]] = values
  assert.equal(max, 200)
  // A parent can leave descriptors above the limit to its child.
  assert.ok(open >= 200)
  assert.equal(openBySearch, 200)
})
