import assert from 'node:assert/strict'
import { test } from 'node:test'
import { eventually } from '../../support/programs/app.ts'
import { countLines } from '../../support/programs/master.ts'
import {
  type Deployed,
  type Releases,
  withDeployed,
  withReleases,
} from '../../support/programs/releases.ts'

async function serves(
  name: string,
  { answer, log }: Deployed,
  { current }: Releases,
): Promise<void> {
  await eventually(async () => {
    const expected = `${name} ${name} ${name} ${current} `
    assert.ok((await answer()).startsWith(expected), `${await answer()}; log: ${log()}`)
  }, 30_000)
}

/** The pid of the successor in the log. */
async function successorOf({ log }: Deployed): Promise<number> {
  let pid = 0
  await eventually(() => {
    pid = Number(/beside this master, pid (\d+)/.exec(log())?.[1])
    assert.ok(pid > 0, log())
  }, 30_000)
  return pid
}

/** Ends the old master of an upgrade, as an operator does. */
async function upgrade(deployed: Deployed): Promise<number> {
  deployed.signal('SIGUSR2')
  const successor = await successorOf(deployed)
  await eventually(() => {
    assert.match(deployed.log(), new RegExp(`\\[${successor}\\] \\[INFO\\] Booting worker`))
  }, 30_000)
  deployed.signal('SIGTERM')
  await eventually(() => assert.equal(deployed.child.exitCode, 0), 30_000)
  return successor
}

for (const [title, words] of [
  ['relative paths', ['--hooks', 'hooks.cjs', 'app.js']],
  ['paths through the link', ['--hooks', 'LINK/hooks.cjs', 'LINK/app.js']],
] as const) {
  test(`HUP runs the release behind the link, with ${title}, without the first`, async () => {
    await withReleases(async (releases) => {
      releases.deploy('r1')
      const given = words.map((word) => word.replace('LINK', releases.current))
      await withDeployed(releases, given, async (deployed) => {
        await serves('r1', deployed, releases)
        releases.deploy('r2')
        deployed.signal('SIGHUP')
        await serves('r2', deployed, releases)
        assert.match(deployed.log(), /hook r2/)
        releases.prune('r1')
        releases.deploy('r3')
        deployed.signal('SIGHUP')
        await serves('r3', deployed, releases)
        await eventually(() => {
          // The file in the directory says four workers.
          assert.equal(deployed.log().match(/hook r3/g)?.length, 4, deployed.log())
        })
      })
    })
  })
}

test('A worker of a removed release gets a replacement of the new release', async () => {
  await withReleases(async (releases) => {
    releases.deploy('r1')
    await withDeployed(releases, ['app.js'], async (deployed) => {
      releases.deploy('r2')
      releases.prune('r1')
      for (const [, pid] of deployed.log().matchAll(/Booting worker with pid: (\d+)/g)) {
        deployed.signal('SIGKILL', Number(pid))
      }
      await serves('r2', deployed, releases)
    })
  })
})

test('USR2 starts a master of the release behind the link, after the first is gone', async () => {
  await withReleases(async (releases) => {
    releases.deploy('r1')
    await withDeployed(releases, ['app.js'], async (deployed) => {
      releases.deploy('r2')
      releases.prune('r1')
      const successor = await upgrade(deployed)
      await serves('r2', deployed, releases)
      releases.deploy('r3')
      releases.prune('r2')
      deployed.signal('SIGHUP', successor)
      await serves('r3', deployed, releases)
    })
  })
})

test('The directory of --chdir is entered again at HUP and at USR2', async () => {
  await withReleases(async (releases) => {
    releases.deploy('r1')
    await withDeployed(releases, ['--chdir', '../current', 'app.js'], async (deployed) => {
      const link = { ...releases, current: `${releases.current}` }
      await serves('r1', deployed, link)
      releases.deploy('r2')
      deployed.signal('SIGHUP')
      await serves('r2', deployed, link)
      releases.prune('r1')
      releases.deploy('r3')
      await upgrade(deployed)
      await serves('r3', deployed, link)
    })
  })
})

test('A reload that finds no release is refused, and the next reload succeeds', async () => {
  await withReleases(async (releases) => {
    releases.deploy('r1')
    await withDeployed(releases, ['app.js'], async (deployed) => {
      releases.prune('r1')
      deployed.signal('SIGHUP')
      await eventually(() => assert.equal(countLines(deployed.log(), 'Cannot reload: '), 1))
      assert.match(await deployed.answer(), /^r1 /)
      releases.deploy('r2')
      deployed.signal('SIGHUP')
      await serves('r2', deployed, releases)
    })
  })
})
