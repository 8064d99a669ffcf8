import type { RoundTripParticipant } from '../../../src/share/redis/command-step.ts'
import type { MemoryRedis } from './memory-redis.ts'

/** One round trip of a participant with a Redis in memory. Error replies are skipped. */
export async function exchange(
  redis: MemoryRedis,
  participant: RoundTripParticipant,
): Promise<void> {
  await participant.prepare?.(redis.send)
  let steps = participant.steps()
  while (steps.length > 0) {
    const replies = await redis.send(steps.map(({ command }) => command))
    for (const [index, reply] of replies.entries()) {
      if ('value' in reply) steps[index]?.take?.(reply.value)
    }
    steps = participant.further?.() ?? []
  }
  participant.settle?.()
}
