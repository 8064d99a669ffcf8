import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { pathToFileURL } from 'node:url'
import { parse } from 'yaml'
import manifest from '../package.json' with { type: 'json' }

const root = join(import.meta.dirname, '..')

interface Cell {
  readonly node: string
}

interface Matrix {
  readonly node: readonly number[]
  readonly otel: readonly string[]
  readonly exclude: readonly { readonly node: number; readonly otel: string }[]
}

type SelectCells = (filter: { readonly only?: string; readonly otel?: string }) => Cell[]

describe('The workflows', () => {
  for (const name of ['ci.yml', 'release.yml']) {
    it(`of ${name} run only scripts of package.json`, async () => {
      const scripts = Array.from((await workflow(name)).matchAll(/npm run ([\w:]+)/g), ([, s]) => s)
      const unknown = scripts.filter((script) => !(script && script in manifest.scripts))
      assert.ok(scripts.length > 0)
      assert.deepEqual(unknown, [])
    })
  }

  it('run every cell of the matrix once', async () => {
    const { jobs } = parse(await workflow('ci.yml')) as {
      jobs: { matrix: { strategy: { matrix: Matrix } } }
    }
    const { node, otel, exclude } = jobs.matrix.strategy.matrix
    const pairs = node.flatMap((only) => otel.map((line) => ({ node: only, otel: line })))
    const kept = pairs.filter(
      (pair) => !exclude.some((each) => each.node === pair.node && each.otel === pair.otel),
    )
    const selectCells = await cellSelection()
    const run = kept.map((pair) => selectCells({ only: String(pair.node), otel: pair.otel }))
    assert.ok(run.every((cells) => cells.length > 0))
    assert.deepEqual(named(run.flat()), named(selectCells({})))
  })
})

async function workflow(name: string): Promise<string> {
  return await readFile(join(root, '.github/workflows', name), 'utf8')
}

/** The script is JavaScript, without types. */
async function cellSelection(): Promise<SelectCells> {
  const file = pathToFileURL(join(root, 'scripts/matrix/cells.mjs')).href
  const { selectCells } = (await import(file)) as { selectCells: SelectCells }
  return selectCells
}

function named(cells: readonly Cell[]): string[] {
  return cells.map((cell) => JSON.stringify(cell)).sort()
}
