/** Why a master ended a worker, where it did. */
export const workerCauses = [
  'timeout',
  'max_requests',
  'hup',
  'ttou',
  'usr2',
  'term',
  'int',
  'quit',
  'winch',
] as const

export type WorkerCause = (typeof workerCauses)[number]
