import type { LiveDocument } from '../../model/live/live-document.ts'

/** What a screen reader has heard. */
export interface Heard {
  readonly hanging: ReadonlySet<string>
  /** Time of the newest death. */
  readonly diedAt: number
}

type Facts = Pick<LiveDocument, 'workers' | 'deaths'>

/** A sentence about workers that began to hang or ended since then. Empty without news. */
export function announcement(heard: Heard | undefined, document: Facts): string {
  if (heard === undefined) return ''
  const { hanging } = heardOf(document)
  const began = [...hanging].filter((id) => !heard.hanging.has(id))
  const recovered = [...heard.hanging].filter((id) => isRunning(document, id))
  const died = document.deaths.filter(({ endedAt }) => endedAt > heard.diedAt)
  const sentences = [
    sentence(began, 'hangs.', 'workers hang.'),
    sentence(recovered, 'runs again.', 'workers run again.'),
    sentence(
      died.map(({ workerId }) => workerId),
      `ended: ${died[0]?.reason}.`,
      'workers ended.',
    ),
  ]
  return sentences.filter((each) => each !== '').join(' ')
}

export function heardOf({ workers, deaths }: Facts): Heard {
  const hanging = workers.filter(({ state }) => state === 'hanging').map(({ workerId }) => workerId)
  return { hanging: new Set(hanging), diedAt: deaths[0]?.endedAt ?? 0 }
}

function isRunning({ workers }: Facts, id: string): boolean {
  return workers.some(({ workerId, state }) => workerId === id && state === 'running')
}

function sentence(ids: readonly string[], one: string, several: string): string {
  if (ids.length === 0) return ''
  return ids.length === 1 ? `${ids[0]} ${one}` : `${ids.length} ${several}`
}
