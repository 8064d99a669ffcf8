import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type CapturedHangOptions, capturedHang } from '../../src/hang-stacks/captured-hang.ts'
import type { RawFrame } from '../../src/hang-stacks/main-thread-stack.ts'
import { ScriptList } from '../../src/hang-stacks/script-list.ts'
import { hangStackLimits } from '../../src/limits/hang-stacks.ts'

const options: CapturedHangOptions = {
  seconds: 5,
  ownDirectory: '/app/node_modules/gunicorn-prometheus-exporter/dist',
  frameChars: hangStackLimits.frameChars,
  positions: undefined,
}

const urls: Readonly<Record<string, string>> = {
  '1': 'file:///app/server%20a.js',
  '2': 'file:///app/node_modules/express/lib/router.js',
  '3': 'node:events',
  '4': 'file:///app/node_modules/gunicorn-prometheus-exporter/dist/runtime.cjs',
  '5': '',
  '6': 'file:///linked/gunicorn/dist/runtime.cjs',
}

function scripts(): ScriptList {
  const list = new ScriptList(hangStackLimits)
  for (const [scriptId, url] of Object.entries(urls)) list.add({ scriptId, url, sourceMapURL: '' })
  return list
}

const frame = (script: string, name = 'work'): RawFrame => ({ name, script, line: 11, column: 2 })

function textOf(frames: readonly RawFrame[], more = 0, given: Partial<CapturedHangOptions> = {}) {
  const capture = { kind: 'stack', frames, more, scripts: scripts() } as const
  return capturedHang(capture, { ...options, ...given })
}

describe('The text of a stack', () => {
  test('has a line for each frame, from the top, with the path, the line and the column', () => {
    assert.deepEqual(textOf([frame('1'), frame('3', 'emit')]), {
      seconds: 5,
      heldBy: 'work (/app/server a.js:12:3)',
      stack: 'at work (/app/server a.js:12:3)\nat emit (node:events:12:3)',
    })
  })

  test('tells the number of further frames', () => {
    assert.match(textOf([frame('1')], 70).stack, /\n\.\.\. 70 more$/)
  })

  test('names a function without a name, and a script without a name', () => {
    assert.match(
      textOf([frame('5', ''), frame('9', 'lost')]).stack,
      /^at <anonymous> \(<anonymous>:12:3\)\nat lost \(<anonymous>/,
    )
  })

  const holders: readonly (readonly [name: string, frames: readonly string[], holder: string])[] = [
    ['the first frame of the application', ['3', '2', '1'], '/app/server a.js'],
    ['a package, where no frame is of the application', ['3', '2', '3'], 'router.js'],
    ['Node.js, where no frame is of a file', ['3', '3'], 'node:events'],
    ['the application, not this package', ['4', '1'], '/app/server a.js'],
    ['code without a file, before Node.js', ['3', '5'], '<anonymous>'],
  ]
  for (const [name, frames, holder] of holders) {
    test(`is held by ${name}`, () => {
      const { heldBy } = textOf(frames.map((script) => frame(script)))
      assert.ok(heldBy.includes(holder), heldBy)
    })
  }

  test('does not name frames of this package, wherever the package lies', () => {
    const ownDirectory = '/linked/gunicorn/dist'
    assert.match(textOf([frame('6'), frame('1')], 0, { ownDirectory }).heldBy, /server a/)
  })

  test('has no control characters, and at most hangStackLimits.frameChars in a frame', () => {
    const { heldBy, stack } = textOf([frame('1', `a\nb\u001b${'c'.repeat(1_000)}`)])
    assert.match(heldBy, /^a b c+$/)
    assert.equal(heldBy.length, hangStackLimits.frameChars)
    assert.equal(stack.split('\n').length, 1)
  })

  test('says that native code has no JavaScript stack', () => {
    assert.deepEqual(capturedHang({ kind: 'native' }, options), {
      seconds: 5,
      heldBy: 'native code',
      stack: 'no JavaScript stack: native code',
    })
  })
})
