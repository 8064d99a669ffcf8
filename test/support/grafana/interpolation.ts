/*
 * Values in place of variables, in the way of Grafana's data source for Prometheus: several values
 * are the alternatives of a regular expression, and each value is escaped twice, for the expression
 * and for the text of PromQL. A value of all (`allValue`) is inserted unchanged.
 */

/** The chosen values of a variable, or the text that stands for all values. */
export type Choice = readonly string[] | { readonly all: string }

export function interpolate(
  expression: string,
  choices: Readonly<Record<string, Choice>>,
  builtIn: Readonly<Record<string, string>>,
): string {
  return expression.replace(/\$(\w+)/g, (found, name: string) => {
    if (builtIn[name] !== undefined) return builtIn[name]
    const choice = choices[name]
    if (choice === undefined) throw new Error(`${found} has no value in ${expression}`)
    return textOf(choice)
  })
}

export function variablesOf(expression: string): string[] {
  return Array.from(expression.matchAll(/\$(\w+)/g), ([, name = '']) => name)
}

function textOf(choice: Choice): string {
  if ('all' in choice) return choice.all
  const values = choice.map(escaped)
  return values.length === 1 ? (values[0] ?? '') : `(${values.join('|')})`
}

function escaped(value: string): string {
  return value.replaceAll('\\', '\\\\\\\\').replace(/[$^*{}[\]+?.()|]/g, '\\\\$&')
}
