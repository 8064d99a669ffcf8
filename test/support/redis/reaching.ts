import assert from 'node:assert/strict'
import type { Client } from '../../../src/share/redis/client.ts'
import { clientOpener } from '../../../src/share/redis/open-client.ts'
import type { ConnectionSettings } from '../../../src/share/redis/redis-settings.ts'
import { eventually } from '../programs/app.ts'
import { connection } from './standalone.ts'

/** A key of the exporter. */
export const key = '{gunicorn}:metrics:x'

const patienceMs = 60_000

/** A client that waits longer, because a test runs on a busy machine. */
export function patientOpener(): ReturnType<typeof clientOpener> {
  return clientOpener({ connectMs: patienceMs, replyMs: patienceMs })
}

export function nodeAt(port: number, host = '127.0.0.1'): { host: string; port: number } {
  return { host, port }
}

/** Writes and reads a key, at last with success. */
export async function assertWrites(client: Client): Promise<void> {
  await eventually(async () => {
    const replies = await client.send([
      ['SET', key, 'value'],
      ['GET', key],
    ])
    assert.deepEqual(
      replies.map((reply) => ('error' in reply ? reply.error.message : String(reply.value))),
      ['OK', 'value'],
    )
  }, patienceMs)
}

/** Connects, at last with success, writes and reads. */
export async function assertReached(
  open: ReturnType<typeof clientOpener>,
  settings: Partial<ConnectionSettings>,
): Promise<void> {
  const client = await eventually(() => open({ ...connection, ...settings }), patienceMs)
  try {
    await assertWrites(client)
  } finally {
    client.close()
  }
}

/** Connects, at last with this failure. */
export async function assertNotReached(
  open: ReturnType<typeof clientOpener>,
  settings: Partial<ConnectionSettings>,
  message: RegExp,
): Promise<void> {
  const attempt = async (): Promise<void> => {
    const client = await open({ ...connection, ...settings })
    try {
      const [reply] = await client.send([['GET', key]])
      if (reply && 'error' in reply) throw reply.error
    } finally {
      client.close()
    }
  }
  await eventually(() => assert.rejects(attempt, { message }), patienceMs)
}
