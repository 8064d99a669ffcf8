import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { eventually, freePort } from '../../support/programs/app.ts'
import { get } from '../../support/programs/load.ts'
import { countLines, type Master } from '../../support/programs/master.ts'
import { underLoad } from '../../support/programs/steady-load.ts'
import { withWrittenProgram } from '../../support/programs/written-program.ts'

/*
 * Reloads of code that listens late, on fewer addresses, or never. Until the new workers serve, the
 * old workers serve, and stay as many as before.
 */

/** A server that answers with a text. @param where arguments of `listen()`. */
function server(answer: string, where = "Number(process.env.PORT), '127.0.0.1'"): string {
  return `require('node:http').createServer((_, r) => r.end('${answer}')).listen(${where});`
}

const second = "Number(process.env.SECOND), '127.0.0.1'"
/** A line of stdout says that the code runs: a booted worker has not yet read the file. */
const never = "setInterval(() => {}, 1_000); console.log('never listens');"

async function answer(port: number): Promise<string> {
  return (await get(port, '/')).body
}

/** Nothing but a refused connection: a socket that closes resets connections in its own queue. */
async function refusal(port: number): Promise<string[]> {
  const text = await answer(port).catch((error: Error) => error.message)
  return text.includes('ECONNREFUSED') ? [text] : []
}

function booted({ stderr }: Master): number {
  return countLines(stderr(), 'Booting worker with pid')
}

/** Above the time that new code needs on a busy machine. */
const bootSeconds = '5'

describe('HUP to code', { concurrency: 2 }, () => {
  test('that never listens ends with one line, and the old workers stay', async () => {
    const options = ['-w', '2', '--boot-timeout', bootSeconds]
    await withWrittenProgram({ text: server('old'), options }, async ({ master, release }) => {
      const old = await master.serving(2)
      release(never)
      master.signal('SIGHUP')
      const line = `The reload has failed: for ${bootSeconds} s, no new worker listens on 127.0.0.1`
      await eventually(() => assert.equal(countLines(master.stderr(), line), 1), 60_000)
      assert.deepEqual(await master.serving(2), old)
      assert.equal(await answer(master.port), 'old')
      release(server('new'))
      master.signal('SIGHUP')
      await eventually(async () => assert.equal(await answer(master.port), 'new'))
      assert.equal(countLines(master.stderr(), line), 1)
    })
  })

  test('that never listens keeps the old workers whole meanwhile', async () => {
    const options = ['-w', '2']
    await withWrittenProgram({ text: server('old'), options }, async ({ master, release }) => {
      const old = await master.serving(2)
      release(never)
      master.signal('SIGHUP')
      await eventually(() => assert.equal(master.stdout().match(/never listens/g)?.length, 2))
      release(server('replacement'))
      process.kill(old[0] ?? 0, 'SIGKILL')
      await eventually(() => assert.equal(booted(master), 5))
      const answers = new Set<string>()
      await eventually(async () => {
        answers.add(await answer(master.port))
        assert.deepEqual([...answers].sort(), ['old', 'replacement'])
      })
    })
  })

  test('that crashes at its start does not delay the next HUP', async () => {
    const options = ['-w', '2']
    await withWrittenProgram({ text: server('old'), options }, async ({ master, release }) => {
      await master.serving(2)
      release('process.exit(1)')
      master.signal('SIGHUP')
      // The pauses have grown to seconds.
      await eventually(() => assert.ok(booted(master) >= 2 + 2 * 8), 60_000)
      await eventually(() => assert.equal(master.workers().length, 2))
      const before = booted(master)
      release(server('new'))
      master.signal('SIGHUP')
      await eventually(() => assert.equal(countLines(master.stderr(), 'Handling signal: hup'), 2))
      // Both forks follow before any pause could end: the pauses last 10 s by now.
      await eventually(() => assert.ok(booted(master) >= before + 2), 5_000)
      await eventually(async () => assert.equal(await answer(master.port), 'new'))
    })
  })

  test('that opens its second port late refuses no connection', async (context) => {
    const env = { SECOND: String(await freePort()) }
    const both = `${server('first')} ${server('second', second)}`
    const late = `${server('first')} setTimeout(() => { ${server('second', second)} }, 3_000);`
    await withWrittenProgram(
      { text: both, options: ['-w', '2'], env },
      async ({ master, release }) => {
        const old = await master.serving(2)
        release(late)
        const { completed, failures } = await underLoad(
          { port: Number(env.SECOND), connections: 4 },
          async (load) => {
            master.signal('SIGHUP')
            await eventually(() => {
              const left = old.filter((pid) => master.workers().includes(pid))
              assert.deepEqual(left, [])
            })
            const reached = load.completed() + 200
            await eventually(() => assert.ok(load.completed() > reached))
          },
        )
        context.diagnostic(`${completed} requests, ${failures.length} failed`)
        assert.deepEqual(failures, [])
      },
    )
  })

  test('that listens on fewer addresses is accepted at the deadline with a warning', async () => {
    const env = { SECOND: String(await freePort()) }
    const both = `${server('old')} ${server('second', second)}`
    const options = ['-w', '2', '--boot-timeout', bootSeconds]
    await withWrittenProgram({ text: both, options, env }, async ({ master, release }) => {
      const old = await master.serving(2)
      release(server('new'))
      master.signal('SIGHUP')
      await eventually(() => assert.ok(old.every((pid) => !master.workers().includes(pid))))
      assert.match(
        master.stderr(),
        new RegExp(`on 127.0.0.1:${env.SECOND} after ${bootSeconds} s. The new code is accepted`),
      )
      assert.equal(await answer(master.port), 'new')
    })
  })

  test('that listens on other addresses only changes nothing', async () => {
    const options = ['-w', '2', '--boot-timeout', bootSeconds]
    await withWrittenProgram({ text: server('old'), options }, async ({ master, release }) => {
      const old = await master.serving(2)
      // Development servers choose another port where a server answers already.
      release(server('elsewhere', "0, '127.0.0.1'"))
      master.signal('SIGHUP')
      const where = `no new worker listens on 127.0.0.1:${master.port}, but on 127.0.0.1:0. The old`
      const line = `The reload has failed: for ${bootSeconds} s, ${where}`
      await eventually(() => assert.equal(countLines(master.stderr(), line), 1))
      assert.deepEqual(await master.serving(2), old)
      assert.equal(await answer(master.port), 'old')
    })
  })

  test('that listens on fewer addresses is accepted at once when it says ready', async () => {
    const env = { SECOND: String(await freePort()) }
    const both = `${server('old')} ${server('second', second)}`
    await withWrittenProgram(
      { text: both, options: ['-w', '2'], env },
      async ({ master, release }) => {
        const old = await master.serving(2)
        release(`${server('new')} setTimeout(() => process.send('ready'), 100);`)
        master.signal('SIGHUP')
        await eventually(() => assert.ok(old.every((pid) => !master.workers().includes(pid))))
        assert.equal(await answer(master.port), 'new')
        assert.doesNotMatch(master.stderr(), /accepted|failed/)
      },
    )
  })

  const isOld = Number(process.versions.node.split('.')[0]) < 23
  const shared = "{ port: Number(process.env.PORT), host: '127.0.0.1', reusePort: true }"
  const own = "{ port: 0, host: '127.0.0.1', exclusive: true }"

  test('that listens with reusePort always has a listener', { skip: isOld }, async (context) => {
    await withWrittenProgram(
      { text: server('served', shared), options: ['-w', '2'] },
      async (program) => {
        const { master } = program
        await eventually(() => answer(master.port))
        const old = master.workers()
        const refusals: string[] = []
        master.signal('SIGHUP')
        await eventually(async () => {
          for (let turn = 0; turn < 50; turn += 1) refusals.push(...(await refusal(master.port)))
          assert.ok(old.every((pid) => !master.workers().includes(pid)))
        })
        context.diagnostic(`${refusals.length} refused`)
        assert.deepEqual(refusals, [])
      },
    )
  })

  test('that listens on a port of its own replaces the workers', async () => {
    await withWrittenProgram(
      { text: server('served', own), options: ['-w', '2'] },
      async ({ master }) => {
        await eventually(() => assert.equal(master.workers().length, 2))
        const old = master.workers()
        master.signal('SIGHUP')
        await eventually(() => assert.ok(old.every((pid) => !master.workers().includes(pid))))
        assert.equal(booted(master), 4)
      },
    )
  })
})

test('A script that never listens is told after the boot deadline', async () => {
  const options = ['-w', '1', '--boot-timeout', '1.5']
  await withWrittenProgram({ text: never, options }, async ({ master }) => {
    await eventually(() => {
      assert.match(master.stderr(), /does not listen after 1\.5 s\. The worker counts as serving/)
    })
    assert.equal(master.workers().length, 1)
  })
})

test('One by one, HUP needs memory for one more worker, and no request fails', async () => {
  const options = ['-w', '3', '--reload-strategy', 'one-by-one']
  await withWrittenProgram({ text: server('old'), options }, async ({ master, release }) => {
    const old = await master.serving(3)
    release(server('new'))
    let most = 0
    const { failures } = await underLoad({ port: master.port, connections: 4 }, async () => {
      master.signal('SIGHUP')
      await eventually(() => {
        most = Math.max(most, master.workers().length)
        assert.ok(old.every((pid) => !master.workers().includes(pid)))
      })
    })
    assert.deepEqual(failures, [])
    assert.equal(await answer(master.port), 'new')
    await master.serving(3)
    assert.equal(most, 4)
    assert.equal(booted(master), 6)
  })
})
