import assert from 'node:assert/strict'
import { mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, type TestContext, test } from 'node:test'
import type { ReloadEngine } from '../../../src/config/table/run/reloading.ts'
import { reloadLimits } from '../../../src/limits/tools/reload.ts'
import { FileWatch } from '../../../src/master/watch/file-watch.ts'
import { eventually } from '../../support/programs/app.ts'
import { temporaryDirectory } from '../../support/programs/temporary-directory.ts'

interface Watched {
  readonly directory: string
  readonly file: string
  readonly watch: FileWatch
  readonly known: string[][]
  readonly others: string[]
}

async function watched(context: TestContext, engine: ReloadEngine): Promise<Watched> {
  const directory = join(await temporaryDirectory(context), 'app')
  mkdirSync(directory)
  const file = join(directory, 'a.cjs')
  writeFileSync(file, '1')
  const known: string[][] = []
  const others: string[] = []
  const watch = new FileWatch({
    engine,
    onTrouble: assert.fail,
    onChange(changed, unknown) {
      if (changed.length > 0) known.push([...changed])
      others.push(...unknown)
    },
  })
  context.after(() => watch.close())
  watch.add(file)
  return { directory, file, watch, known, others }
}

// Timers of the watch do not keep the process alive, and `eventually` does.
for (const engine of ['auto', 'poll'] as const) {
  describe(`FileWatch, engine ${engine},`, () => {
    test('sees a file that is written, and a file that is replaced', async (context) => {
      const { file, known } = await watched(context, engine)
      writeFileSync(file, '22')
      await eventually(() => assert.deepEqual(known, [[file]]))
      writeFileSync(`${file}.tmp`, '333')
      renameSync(`${file}.tmp`, file)
      await eventually(() => assert.deepEqual(known, [[file], [file]]))
    })

    test('takes a file that is removed for unchanged, until the file is back', async (context) => {
      const { file, known } = await watched(context, engine)
      rmSync(file)
      await new Promise((resolve) => setTimeout(resolve, 300))
      assert.deepEqual(known, [])
      writeFileSync(file, '22')
      await eventually(() => assert.deepEqual(known, [[file]]))
    })

    test('takes a link to itself for a missing file', async (context) => {
      const { file, known } = await watched(context, engine)
      rmSync(file)
      symlinkSync(file, file)
      await new Promise((resolve) => setTimeout(resolve, 1_500))
      rmSync(file)
      writeFileSync(file, '22')
      await eventually(() => assert.deepEqual(known, [[file]]))
    })
  })
}

describe('FileWatch', () => {
  test('takes many files at once for one change', async (context) => {
    const { directory, watch, known } = await watched(context, 'auto')
    const files = Array.from({ length: 50 }, (_, index) => join(directory, `${index}.cjs`))
    for (const file of files) writeFileSync(file, '1')
    for (const file of files) watch.add(file)
    for (const file of files) writeFileSync(file, '22')
    await eventually(() => assert.deepEqual(known.flat().sort(), [...files].sort()))
    assert.ok(known.length <= 2, `${known.length} changes`)
  })

  test('tells of unknown files beside the known files', async (context) => {
    const { directory, known, others } = await watched(context, 'auto')
    writeFileSync(join(directory, 'new.cjs'), '1')
    await eventually(() => assert.ok(others.includes(join(directory, 'new.cjs'))))
    assert.deepEqual(known, [])
  })

  test('sees changes in a directory that has been replaced', async (context) => {
    const { directory, file, known } = await watched(context, 'auto')
    renameSync(directory, `${directory}.old`)
    mkdirSync(directory)
    writeFileSync(file, '22')
    await eventually(() => assert.deepEqual(known, [[file]]))
    writeFileSync(file, '333')
    await eventually(() => assert.equal(known.length, 2))
  })
})

test('FileWatch says once that it watches no file beyond reloadLimits.files', async (context) => {
  const directory = await temporaryDirectory(context)
  const troubles: string[] = []
  const onTrouble = (text: string): void => void troubles.push(text)
  const watch = new FileWatch({ engine: 'poll', onTrouble, onChange: assert.fail })
  context.after(() => watch.close())
  const add = (count: number): void => watch.add(join(directory, `${count}.cjs`))
  for (let count = 0; count < reloadLimits.files; count += 1) add(count)
  assert.deepEqual(troubles, [])
  for (const further of [1, 2]) add(reloadLimits.files + further)
  assert.equal(troubles.length, 1)
  assert.match(troubles[0] ?? '', /does not watch further files/)
})
