/** The only reader of `process.env`; a function, since an application may still change it before we look. */
export function environment(): Readonly<Record<string, string | undefined>> {
  // biome-ignore lint/style/noProcessEnv: this is the one file that reads it.
  return process.env
}
