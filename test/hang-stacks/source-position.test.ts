import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { pathToFileURL } from 'node:url'
import { SourcePositions } from '../../src/hang-stacks/source-position.ts'

const directory = mkdtempSync(join(tmpdir(), 'source-position-'))
after(() => rmSync(directory, { recursive: true }))
const urlOf = (name: string): string => pathToFileURL(join(directory, name)).href

/** Line 2 of the script is line 10, column 4 of the source. */
const map = { version: 3, file: 'a.js', sources: ['src/a.ts'], names: [], mappings: ';AASI' }
const place = { line: 1, column: 6 }
const url = urlOf('a.js')
const inSource = (source: string) => ({ url: source, line: 9, column: 4 })
const generated = { url, ...place }
const dataUrl = (text: string): string =>
  `data:application/json;base64,${Buffer.from(text).toString('base64')}`

function written(name: string, text: string): string {
  writeFileSync(join(directory, name), text)
  return name
}

function positionOf(mapUrl: string, bytes = 1_000_000) {
  return new SourcePositions(bytes).of(place, { url, mapUrl })
}

describe('SourcePositions', () => {
  test('finds the source by a source map in a file', () => {
    const mapUrl = written('a.js.map', JSON.stringify(map))
    assert.deepEqual(positionOf(mapUrl), inSource(urlOf('src/a.ts')))
  })

  test('finds the source by a source map in the script', () => {
    const expected = inSource(urlOf('src/a.ts'))
    assert.deepEqual(positionOf(dataUrl(JSON.stringify(map))), expected)
    const plain = `data:application/json,${encodeURIComponent(JSON.stringify(map))}`
    assert.deepEqual(positionOf(plain), expected)
  })

  test('follows the root of the sources', () => {
    const rooted = { ...map, sourceRoot: '/home/of/' }
    assert.deepEqual(
      positionOf(dataUrl(JSON.stringify(rooted))),
      inSource('file:///home/of/src/a.ts'),
    )
    const absolute = { ...rooted, sources: ['file:///other/a.ts'] }
    assert.deepEqual(positionOf(dataUrl(JSON.stringify(absolute))), inSource('file:///other/a.ts'))
  })

  const unreadable: readonly (readonly [name: string, mapUrl: () => string])[] = [
    ['without a source map', () => ''],
    ['with a missing file', () => 'missing.map'],
    ['with a file that is no JSON', () => written('broken.map', '{')],
    ['with a list', () => written('list.map', '[]')],
    ['with a wrong map', () => written('wrong.map', '{"version":3,"mappings":5}')],
    ['with a map on another host', () => 'https://example.com/a.js.map'],
    ['with a directory', () => '.'],
    ['with a URL that is none', () => 'https://'],
  ]
  for (const [name, mapUrl] of unreadable) {
    test(`has the position in the script ${name}`, () =>
      assert.deepEqual(positionOf(mapUrl()), generated))
  }

  test('reads no file over hangStackLimits.mapFileBytes', () => {
    const mapUrl = written('large.map', JSON.stringify(map))
    assert.deepEqual(positionOf(mapUrl, 20), generated)
  })

  test('has the position in the script where the map has none', () => {
    const positions = new SourcePositions(1_000)
    const script = { url, mapUrl: dataUrl(JSON.stringify(map)) }
    assert.deepEqual(positions.of({ line: 0, column: 0 }, script), { url, line: 0, column: 0 })
    assert.deepEqual(positions.of(place, script), inSource(urlOf('src/a.ts')))
  })
})
