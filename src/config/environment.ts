import { pm2Variables } from './pm2.ts'

/**
 * The only reader of `process.env`. A function, because an application can change the variables.
 * Under PM2, contains the variables that PM2 is about to set.
 */
export function environment(): Readonly<Record<string, string | undefined>> {
  // biome-ignore lint/style/noProcessEnv: this is the one file that reads it.
  const variables = process.env
  const { pm2_env: text } = variables
  return text === undefined ? variables : { ...variables, ...pm2Variables(text) }
}

/** Sets variables of this process, and of processes that it starts later. */
export function setVariables(variables: Readonly<Record<string, string>>): void {
  // biome-ignore lint/style/noProcessEnv: see above.
  Object.assign(process.env, variables)
}

/** Replaces all variables of this process. Only for a command that looks at another process. */
export function replaceVariables(variables: Readonly<Record<string, string>>): void {
  // biome-ignore lint/style/noProcessEnv: see above.
  const own = process.env
  for (const name of Object.keys(own)) Reflect.deleteProperty(own, name)
  setVariables(variables)
}
