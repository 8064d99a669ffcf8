/** Why this process cannot use the inspector; undefined where it can. */
export function inspectorRefusal(): string | undefined {
  if (!process.features.inspector) return 'this Node.js has no inspector'
  // Without the permission, Node.js 26 aborts the whole process when a thread connects.
  if (process.permission?.has('inspector') === false) {
    return 'the permission model of Node.js forbids the inspector'
  }
  return undefined
}
