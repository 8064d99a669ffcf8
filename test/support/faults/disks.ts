import assert from 'node:assert/strict'
import { readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { writtenRequests } from '../crash-file/written-requests.ts'
import { eventually } from '../programs/app.ts'
import type { Belongings } from '../programs/belongings.ts'
import { type SmallDisk, smallDisk } from '../programs/small-disk.ts'
import { diskShim } from './disk-shim.ts'
import type { Fault, PreparedFault } from './fault.ts'
import type { Stand } from './stand.ts'

/** Faults of the file system with the crash files. */
export const disks: readonly Fault[] = [
  {
    title: 'A full disk is counted, told once by each worker, and healed without a restart',
    prepare: (context) =>
      onSmallDisk(context, {}, async (stand, disk) => {
        await replacedOn(stand, disk.fill)
        disk.free()
        await assertSafeAgain(stand, disk.directory)
      }),
  },
  {
    title: 'A disk without inodes is counted, and healed without a restart',
    prepare: (context) =>
      onSmallDisk(context, { options: 'nr_inodes=60' }, async (stand, disk) => {
        await replacedOn(stand, disk.takeInodes)
        disk.freeInodes()
        await assertSafeAgain(stand, disk.directory)
      }),
  },
  {
    title: 'A disk that is read-only at the start is told, and used as soon as it can be written',
    prepare: (context) =>
      onSmallDisk(context, { isReadOnly: true }, async (stand, disk) => {
        await eventually(() => assert.match(stand.app.stderr(), /EROFS/))
        disk.remount('rw')
        await assertSafeAgain(stand, disk.directory)
      }),
  },
  {
    title: 'A disk that becomes read-only is counted, told, and healed without a restart',
    prepare: (context) => onFailingDisk(context, 'EROFS'),
  },
  {
    title: 'A disk with input and output errors is counted, told, and healed without a restart',
    prepare: (context) => onFailingDisk(context, 'EIO'),
  },
  {
    title: 'Workers make a removed directory again, and a later kill loses at most one turn',
    prepare: () => ({
      env: { GUNICORN_CRASH_MEMORY: 'off' },
      async act(stand) {
        for (const name of readdirSync(stand.directory)) {
          rmSync(join(stand.directory, name), { recursive: true })
        }
        await assertSafeAgain(stand, stand.directory)
      },
    }),
  },
  {
    title: 'A slow disk delays responses, fails none, and loses no count',
    async prepare(context) {
      const shim = await diskShim(context)
      if (!shim) return undefined
      return {
        env: shim.env,
        async act(stand) {
          shim.delay(30)
          await stand.serving()
          await killOne(stand, 'turn')
          await stand.serving()
          shim.heal()
        },
      }
    },
  },
]

interface DiskOptions {
  readonly options?: string
  readonly isReadOnly?: boolean
}

async function onSmallDisk(
  context: Belongings,
  { options, isReadOnly = false }: DiskOptions,
  act: (stand: Stand, disk: SmallDisk) => Promise<void>,
): Promise<PreparedFault | undefined> {
  const disk = await smallDisk(context, options)
  if (!disk) return undefined
  if (isReadOnly) disk.remount('ro')
  return {
    env: { GUNICORN_CRASH_MEMORY: 'off', PROMETHEUS_MULTIPROC_DIR: disk.directory },
    act: (stand) => act(stand, disk),
  }
}

async function onFailingDisk(
  context: Belongings,
  code: 'EIO' | 'EROFS',
): Promise<PreparedFault | undefined> {
  const shim = await diskShim(context)
  if (!shim) return undefined
  return {
    env: shim.env,
    async act(stand) {
      shim.fail(code)
      await assertUnwritable(stand)
      await eventually(() => assert.match(stand.app.stderr(), new RegExp(code)))
      shim.heal()
      await assertSafeAgain(stand, shim.directory)
    },
  }
}

/** A worker that is replaced cannot make its file. The others have their files. */
async function replacedOn(stand: Stand, take: () => void): Promise<void> {
  take()
  // The file of the dead worker gives room back.
  const taking = setInterval(take, 5)
  try {
    await killOne(stand, 'turn')
    await assertUnwritable(stand)
  } finally {
    clearInterval(taking)
  }
}

/** The fault is a counted self-metric, and the application serves. */
async function assertUnwritable(stand: Stand): Promise<void> {
  const labels = { component: 'crash_file' }
  await stand.counted(await stand.page(), 'gunicorn_exporter_faults_total', labels)
  await stand.serving()
}

/** Workers write their files again, so that a kill loses at most one turn. */
async function assertSafeAgain(stand: Stand, directory: string): Promise<void> {
  await eventually(async () => {
    await stand.client.pause()
    const { answers } = stand.client
    const wanted = stand.workers().map((pid) => [pid, answers.get(pid) ?? 0])
    const written = writtenRequests(directory)
    const behind = wanted.filter(([pid = 0, count]) => count !== (written.get(pid) ?? 0))
    stand.client.start()
    await stand.serving()
    assert.deepEqual(behind, [], 'workers whose file is behind')
  }, 60_000)
  const before = await stand.page()
  await killOne(stand, 'turn')
  await stand.counted(before, 'gunicorn_exporter_crash_files_total', { result: 'read' })
}

async function killOne(stand: Stand, loss: 'turn' | 'second'): Promise<void> {
  const before = await stand.page()
  stand.kill(await stand.answering(), loss)
  await stand.counted(before, 'gunicorn_master_worker_restart_total', { reason: 'chld' })
}
