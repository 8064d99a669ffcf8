/**
 * The only reader of `process.env`. A function, because an application can change the variables.
 */
export function environment(): Readonly<Record<string, string | undefined>> {
  // biome-ignore lint/style/noProcessEnv: this is the one file that reads it.
  return process.env
}
