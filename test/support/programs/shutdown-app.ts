import assert from 'node:assert/strict'
import { mkdtempSync } from 'node:fs'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { authorities } from '../endpoint/certificates.ts'
import { eventually } from './app.ts'
import { type Master, withMaster } from './master.ts'

/* Masters over test/fixtures/apps/run/shutdown.cjs. */

export const workers = 2

export interface App {
  /** The variables END and SERVER, and the certificate. */
  readonly env: Readonly<Record<string, string>>
  readonly options?: readonly string[]
}

/** Acts on a master whose workers serve. */
export async function withApp(
  { env, options = [] }: App,
  act: (master: Master) => Promise<void>,
): Promise<void> {
  const flags = ['-w', String(workers), ...options]
  await withMaster({ file: 'run/shutdown.cjs', options: flags, env }, async (master) => {
    await master.serving(workers)
    await act(master)
  })
}

/** Waits until these workers have ended. */
export async function gone(master: Master, pids: readonly number[]): Promise<void> {
  await eventually(() => {
    const left = master.workers().filter((pid) => pids.includes(pid))
    assert.deepEqual(left, [], master.stderr())
  }, 60_000)
}

/** Fails when the master had to warn: it killed no worker, and no worker crashed. */
export function assertNoWarning(master: Master): void {
  assert.doesNotMatch(master.stderr(), /\[(?:WARNING|ERROR|CRITICAL)\]/)
}

/**
 * The variables of a server of this kind, with a certificate where the server speaks TLS.
 * Undefined where the test is skipped.
 */
export function serverVariables(
  context: TestContext,
  directory: string,
  server: string,
): Record<string, string> | undefined {
  if (!/https|secure/.test(server)) return { SERVER: server }
  // Tests run side by side, and a certificate of another test would take the place of this one.
  const own = mkdtempSync(join(directory, 'tls-'))
  const pair = authorities(context, own)?.('authority').issue('server')
  return pair && { SERVER: server, CERT: pair.certfile, KEY: pair.keyfile }
}
