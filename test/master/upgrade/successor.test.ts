import assert from 'node:assert/strict'
import { once } from 'node:events'
import { closeSync, existsSync, fstatSync, openSync, readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import { startSuccessor } from '../../../src/master/upgrade/successor.ts'
import { setCommandLine } from '../../support/master/own-command-line.ts'
import { successorProgram } from '../../support/master/successor-program.ts'

const program = `
const { fstatSync, writeFileSync } = require('node:fs')
const { argv, env, execArgv, pid } = process
const report = {
  options: argv.slice(2),
  execArgv,
  sockets: env.GUNICORN_SOCKETS,
  kept: env.SUCCESSOR_KEPT,
  dropped: env.SUCCESSOR_DROPPED ?? 'absent',
  file: fstatSync(3).ino,
  pid,
}
writeFileSync(argv[1] + '.json', JSON.stringify(report))
setTimeout(() => {}, 30_000)
`

describe('startSuccessor', () => {
  test('starts this program again with its sockets and without our variables', async (context) => {
    const report = `${setCommandLine(context, program, '--workers=3').program}.json`
    Object.assign(process.env, { SUCCESSOR_KEPT: 'yes', SUCCESSOR_DROPPED: 'yes' })
    const descriptor = openSync(import.meta.filename, 'r')
    const before = process.getActiveResourcesInfo()
    const child = startSuccessor(
      { descriptors: [descriptor], text: '["key"]', variables: {} },
      successorProgram(['SUCCESSOR_DROPPED']),
    )
    // A child that keeps this process alive is a resource of this process.
    assert.deepEqual(process.getActiveResourcesInfo(), before)
    child.ref()
    context.after(() => void child.kill('SIGKILL'))
    while (!existsSync(report) || readFileSync(report, 'utf8') === '') {
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
    assert.deepEqual(JSON.parse(readFileSync(report, 'utf8')), {
      options: ['--workers=3'],
      execArgv: ['--no-warnings'],
      sockets: '["key"]',
      kept: 'yes',
      dropped: 'absent',
      file: fstatSync(descriptor).ino,
      pid: child.pid,
    })
    if (existsSync('/proc/self/stat')) assert.equal(groupOf(child.pid), child.pid)
    closeSync(descriptor)
    child.kill('SIGKILL')
    await once(child, 'exit')
  })
})

function groupOf(pid: number | undefined): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[2])
}
