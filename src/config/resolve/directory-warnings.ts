import { accessSync, constants, existsSync, mkdtempSync, rmdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { failureOf } from '../../files/failure-of.ts'
import { assertTrusted, userDirectory } from '../../files/trusted.ts'
import type { Problem } from '../problem.ts'
import type { RuleContext } from './rule-context.ts'
import { keptElsewhere } from './unused-settings.ts'

/**
 * The warnings about directories that this user cannot write. The application starts without the
 * directory, and logs the loss.
 */
export function directoryWarnings(context: RuleContext): Problem[] {
  const { hangStackSeconds } = context.settings
  const stacks = `, and ${context.named('hangStackSeconds')} shows no stacks of workers`
  const worker = 'A killed worker without counts in memory'
  const files = `${worker} loses its last second${hangStackSeconds > 0 ? stacks : ''}.`
  return [
    ...unusable(context, 'multiprocDir', files),
    ...(keptElsewhere(context)
      ? []
      : unusable(context, 'stateDir', 'Totals begin anew at each start.')),
  ]
}

function unusable(
  context: RuleContext,
  setting: 'multiprocDir' | 'stateDir',
  loss: string,
): Problem[] {
  const parent = context.settings[setting]
  const reason = parent === undefined ? undefined : failureOf(() => assertUsable(parent))
  if (reason === undefined) return []
  const [key, got] = [context.named(setting), JSON.stringify(parent)]
  const allowed = 'a directory that can be written'
  return [
    { code: 'GPE_CRASH_FILES', key, got, allowed, message: `${key} is ${got}: ${reason}. ${loss}` },
  ]
}

/** Makes and removes an entry: a file system can refuse a write that the permissions allow. */
function assertUsable(parent: string): void {
  const own = userDirectory(parent)
  if (existsSync(own)) assertTrusted(own)
  const nearest = nearestExisting(own)
  accessSync(nearest, constants.W_OK)
  rmdirSync(mkdtempSync(join(nearest, 'gunicorn-prometheus-exporter-check-')))
}

/** The path, or the nearest directory above the path that exists. */
function nearestExisting(path: string): string {
  const above = dirname(path)
  return existsSync(path) || above === path ? path : nearestExisting(above)
}
