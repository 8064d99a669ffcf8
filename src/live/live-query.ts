import { liveLimits } from '../limits/tools/live.ts'

export type LiveQuery =
  | { readonly since: number; readonly instance: string | undefined }
  | { readonly fault: string }

/** Reads `since` and `instance`. @param query without the question mark. */
export function liveQuery(query: string): LiveQuery {
  const parameters = new URLSearchParams(query)
  const since = parameters.getAll('since')
  const instances = parameters.getAll('instance')
  if (since.length > 1 || !/^\d{1,15}$/.test(since[0] ?? '0')) {
    return { fault: 'since must be the number of a sample, for example since=120.' }
  }
  const [instance] = instances
  if (instances.length > 1 || (instance !== undefined && !isName(instance))) {
    return { fault: `instance must be one name of at most ${liveLimits.queryChars} characters.` }
  }
  return { since: Number(since[0] ?? 0), instance }
}

/** Reads `name`. Undefined for no name, several names, and a name that is too long. */
export function nameIn(query: string): string | undefined {
  const names = new URLSearchParams(query).getAll('name')
  return names.length === 1 && names[0] !== undefined && isName(names[0]) ? names[0] : undefined
}

function isName(text: string): boolean {
  return text.length > 0 && text.length <= liveLimits.queryChars
}
