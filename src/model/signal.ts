/** gunicorn's names of the signals of a primary. `chld` counts ended workers. */
export const masterReasons = [
  'hup',
  'usr1',
  'usr2',
  'ttin',
  'ttou',
  'chld',
  'int',
  'term',
  'quit',
  'winch',
] as const

export type MasterReason = (typeof masterReasons)[number]

const reasons = new Map<string, MasterReason>(
  masterReasons
    .filter((reason) => reason !== 'chld')
    .map((reason) => [`SIG${reason.toUpperCase()}`, reason]),
)

/** The signals with a reason. */
export const masterSignalNames: readonly string[] = [...reasons.keys()]

export function masterReason(signal: string): MasterReason | undefined {
  return reasons.get(signal)
}
