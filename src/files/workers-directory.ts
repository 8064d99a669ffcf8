import cluster, { type ClusterSettings } from 'node:cluster'
import type { Parent } from './private-directory.ts'

/**
 * Where the workers' files are. A primary of root can give its workers another user, with
 * `cluster.setupPrimary` or with `run --user`: this user owns the directory.
 */
export function workersDirectory(path: string | undefined): Parent | undefined {
  // Workers have no settings. An instance of PM2 is a worker with an exporter of its own.
  const { uid, gid } = (cluster.settings as ClusterSettings | undefined) ?? {}
  if (path === undefined || uid === undefined || uid === process.getuid?.()) return path
  return { path, owner: { uid, gid: gid ?? process.getgid?.() ?? uid } }
}
