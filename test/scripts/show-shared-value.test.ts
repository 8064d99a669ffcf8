import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { encodePeerState } from '../../src/share/peers/peer-state.ts'
import { runScript } from '../support/programs/script.ts'
import { temporaryDirectory } from '../support/programs/temporary-directory.ts'
import { incarnations, sourceState } from '../support/redis/source-state.ts'

const script = 'show-shared-value.ts'
const bytes = encodePeerState(sourceState({ startedAt: 1_700_000_000_000 }))

describe('show-shared-value', () => {
  it('prints the head of a shared file as comments and its metrics as text', async (context) => {
    const path = join(await temporaryDirectory(context), incarnations[0])
    await writeFile(path, bytes)
    const { code, stdout } = await runScript(script, [path])
    assert.equal(code, 0)
    for (const line of [
      '# instance: "host-1"',
      '# startedAt: "2023-11-14T22:13:20.000Z"',
      '# hasEnded: false',
      'orders_total{kind="book",otel_scope_name="shop"} 7',
      'orders_total{worker_id="gone",otel_scope_name="shop"} 3',
    ]) {
      assert.ok(stdout.split('\n').includes(line), `${line} is not in ${stdout}`)
    }
  })

  it('reads a value of Redis from stdin', async () => {
    const { code, stdout } = await runScript(script, ['-'], bytes)
    assert.equal(code, 0)
    assert.match(stdout, /^# instance: "host-1"$/m)
  })

  it('says why readers refuse a damaged value', async () => {
    const { code, stderr } = await runScript(script, ['-'], Buffer.concat([bytes, bytes]))
    assert.equal(code, 1)
    assert.equal(stderr, 'Readers refuse -: digest.\n')
  })

  it('says how to call it when no file is given', async () => {
    const { code, stderr } = await runScript(script, [])
    assert.equal(code, 2)
    assert.equal(stderr, 'Usage: show-shared-value.ts FILE, or - for stdin\n')
  })
})
