import { expositionLimits } from '../../limits/exposition.ts'

/**
 * Joins small neighbours: a compressed part begins without a history, and each call costs time. A
 * large part stays alone, so that its compressed form stays valid when its neighbours change.
 */
export function groupsOf(
  parts: readonly Buffer[],
  bytes: number = expositionLimits.groupBytes,
): Buffer[][] {
  const groups: Buffer[][] = []
  let group: Buffer[] = []
  let size = 0
  const close = (): void => {
    if (group.length > 0) groups.push(group)
    group = []
    size = 0
  }
  for (const part of parts) {
    if (part.length >= bytes / 2) close()
    group.push(part)
    size += part.length
    if (size >= bytes / 2 && (size >= bytes || group.length === 1)) close()
  }
  close()
  return groups
}

export function joined(group: readonly Buffer[]): Buffer {
  return group.length === 1 && group[0] ? group[0] : Buffer.concat(group)
}
