import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { needsRoot } from '../../support/files/other-user.ts'
import { eventually, nodeUnderTest, startApp, startProgram } from '../../support/programs/app.ts'
import { latestFirst } from '../../support/programs/belongings.ts'
import { command } from '../../support/programs/master.ts'
import { withoutProc } from '../../support/programs/without-proc.ts'

const onLinux = process.platform === 'linux' ? needsRoot : 'other systems have no /proc'

describe('Without /proc', { skip: onLinux }, () => {
  test('the preload shows the metrics of an application', async (given) => {
    const context = latestFirst(given)
    const app = await startApp({ file: 'apps/single/single.cjs', through: withoutProc, cwd: '/' })
    context.after(() => app.stop())
    await app.ready()
    const page = await eventually(() => app.page())
    assert.ok(page.length > 0)
    assert.doesNotMatch(app.stderr(), /switched off/)
  })

  for (const [args, code] of [
    [['check'], 0],
    [['doctor', '--pid', '1'], 0],
  ] as const) {
    test(`the command ${args[0]} ends with ${code}`, async () => {
      const program = startProgram([...withoutProc, nodeUnderTest, command, ...args], {})
      const ended = await program.ended
      assert.equal(program.stderr(), '')
      assert.equal(ended.code, code)
    })
  }
})
