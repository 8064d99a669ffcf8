import { profileLimits } from '../../../limits/tools/profiles.ts'
import type { ControlData } from '../message.ts'
import type { Profiles } from '../profiles/profiles.ts'
import { type Command, noMoreThan, wholeNumber } from './command.ts'
import { pids } from './steer.ts'

/** The commands that look into a worker. gunicorn has none of them. */
export function profileCommands(profiles: Pick<Profiles, 'take'>): Command[] {
  const { leastSeconds, mostSeconds, usualSeconds } = profileLimits
  const isQuestion = false
  return [
    {
      words: ['worker', 'profile'],
      operands: 'PID [SECONDS]',
      help: `writes a CPU profile of a worker to a file (${usualSeconds} seconds)`,
      isQuestion,
      async act(operands, gone) {
        noMoreThan(2, operands)
        const [pidText, secondsText = String(usualSeconds)] = operands
        const pid = wholeNumber('PID', pidText, pids)
        const seconds = wholeNumber('SECONDS', secondsText, [leastSeconds, mostSeconds])
        const { path, bytes, isHung } = await profiles.take({ kind: 'cpu', pid, seconds, gone })
        return { success: true, pid, seconds, path, bytes, hanging: isHung }
      },
    },
    {
      words: ['worker', 'heap'],
      operands: 'PID',
      help: 'writes a heap snapshot of a worker to a file; stops the worker meanwhile',
      isQuestion,
      async act(operands, gone): Promise<ControlData> {
        noMoreThan(1, operands)
        const pid = wholeNumber('PID', operands[0], pids)
        const { path, bytes } = await profiles.take({ kind: 'heap', pid, seconds: 0, gone })
        return { success: true, pid, path, bytes }
      },
    },
  ]
}
