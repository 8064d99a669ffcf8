import type { GunicornSettings } from './answer.ts'
import { httpSettings } from './http.ts'
import { loggingSettings } from './logging.ts'
import { processSettings } from './processes.ts'
import { pythonSettings } from './python.ts'

/** Every setting of gunicorn 27, by gunicorn's name. A test compares the names with gunicorn. */
export const gunicornSettings: GunicornSettings = {
  ...processSettings,
  ...httpSettings,
  ...loggingSettings,
  ...pythonSettings,
}

/** Why `run` does not have an option of gunicorn, or what to use instead. */
const reasons: ReadonlyMap<string, string> = new Map(
  Object.values(gunicornSettings).flatMap(({ flags, answer }) =>
    answer.kind === 'same'
      ? []
      : flags.map((flag): [string, string] => [flag.replace(/^-+/, ''), plain(answer.text)]),
  ),
)

/**
 * Why `run` does not have an option of gunicorn.
 * @param name the option without dashes.
 * @returns undefined for an option that gunicorn does not have.
 */
export function gunicornReason(name: string): string | undefined {
  return reasons.get(name)
}

/** Terminals show no code spans. */
function plain(text: string): string {
  return text.replaceAll('`', '')
}
