import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { describe, test } from 'node:test'
import { gunzipSync, zstdDecompressSync } from 'node:zlib'
import fc from 'fast-check'
import { type Coding, hasZstd, PageEncoder } from '../../../src/exposition/codings/coding.ts'
import { expositionLimits } from '../../../src/limits/exposition.ts'
import type { Body } from '../../../src/model/page/body.ts'
import { whole } from '../../../src/model/page/in-parts.ts'

const decoders: Record<Coding, (bytes: Buffer) => Buffer> = {
  identity: (bytes) => bytes,
  gzip: (bytes) => gunzipSync(bytes),
  zstd: (bytes) => zstdDecompressSync(bytes),
}

const codings = (Object.keys(decoders) as Coding[]).filter((coding) => hasZstd || coding !== 'zstd')

function bytesOf({ parts }: Body): Buffer {
  return Buffer.concat(parts)
}

/** Texts around the size of a group. */
const parts = fc.array(
  fc
    .tuple(fc.string({ minLength: 1, maxLength: 20 }), fc.integer({ min: 0, max: 9_000 }))
    .map(([text, times]) => Buffer.from(text.repeat(times))),
  { maxLength: 20 },
)

describe('PageEncoder', () => {
  for (const coding of codings) {
    test(`encodes any parts as ${coding}`, () => {
      fc.assert(
        fc.property(parts, (given) => {
          const body = whole(new PageEncoder().encode(given, coding))
          assert.ok(decoders[coding](bytesOf(body)).equals(Buffer.concat(given)))
          assert.equal(body.bytes, bytesOf(body).length)
        }),
        { numRuns: 50 },
      )
    })
  }

  test('compresses with gzip only the parts that are new buffers', () => {
    const encoder = new PageEncoder()
    const large = [1, 2, 3].map((digit) => Buffer.alloc(expositionLimits.groupBytes, `${digit}\n`))
    const first = whole(encoder.encode(large, 'gzip'))
    const changed = [large[0], Buffer.alloc(70_000, '4\n'), large[2]] as Buffer[]
    const second = whole(encoder.encode(changed, 'gzip'))
    // The head, and two parts.
    assert.equal(second.parts.filter((part) => first.parts.includes(part)).length, 3)
    assert.ok(gunzipSync(bytesOf(second)).equals(Buffer.concat(changed)))
  })

  test('makes gzip data that other programs read', () => {
    const texts = ['a\n'.repeat(50_000), 'größe 1\n', 'b\n'.repeat(70_000)]
    const body = whole(
      new PageEncoder().encode(
        texts.map((text) => Buffer.from(text)),
        'gzip',
      ),
    )
    const run = spawnSync('gzip', ['-dc'], { input: bytesOf(body), maxBuffer: 2 ** 24 })
    assert.equal(run.stderr.toString(), '')
    assert.equal(run.stdout.toString(), texts.join(''))
  })
})
