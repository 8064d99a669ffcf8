import assert from 'node:assert/strict'
import { symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { defaultControlPath } from '../../../src/master/control/default-path.ts'
import { temporaryDirectory } from '../../support/programs/temporary-directory.ts'

describe('The default place of the control socket', () => {
  test('is in the home directory where XDG_RUNTIME_DIR cannot be read', async (context) => {
    const loop = join(await temporaryDirectory(context), 'loop')
    symlinkSync(loop, loop)
    assert.match(defaultControlPath(loop) ?? '', /\/\.gunicorn\/gunicorn\.ctl$/)
  })

  test('does not exist without an existing home directory', (context) => {
    const { HOME: before } = process.env
    context.after(() => {
      if (before === undefined) delete process.env['HOME']
      else process.env['HOME'] = before
    })
    for (const home of ['', 'relative', '/missing-home', '/dev/null']) {
      process.env['HOME'] = home
      assert.equal(defaultControlPath(undefined), undefined)
    }
  })
})
