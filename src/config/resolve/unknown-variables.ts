import { configLimits } from '../../limits/config.ts'
import { KnownNames } from '../../support/nearest-name.ts'
import { type Problem, unknownName, unusedSetting } from '../problem.ts'
import type { SettingName } from '../settings.ts'
import {
  aliases,
  declarativeVariables,
  ineffectiveVariables,
  otelVariables,
  pythonVariables,
} from '../table/other-variables.ts'
import { serviceLink } from '../table/setting.ts'
import { settingNames, table } from '../table.ts'
import { configVariable, internalVariables, toolVariables } from '../variables.ts'
import type { Environment } from './resolved.ts'

/** The variables that look like ours and are no settings. */
export interface UnknownVariables {
  /** Mistyped variables of access and TLS: without these settings, the endpoint would be open. */
  readonly faults: readonly Problem[]
  readonly warnings: readonly Problem[]
  /** For `check` alone: the variables of other programs, and of unused features. */
  readonly notes: readonly Problem[]
  /** Settings that a mistyped variable most likely means. */
  readonly meant: ReadonlySet<SettingName>
}

/** Finds mistyped variables, and variables that only other programs read. */
export function unknownVariables(
  environment: Environment,
  idle: ReadonlySet<SettingName>,
): UnknownVariables {
  const entries = Object.entries(environment).slice(0, configLimits.variables)
  const found = entries.flatMap(([name, value]) => {
    if (value === undefined || value.trim() === '') return []
    return (known.has(name) ? ineffective(name) : classified(name, value, idle)) ?? []
  })
  const problems = (wanted: Unknown['kind']): Problem[] =>
    found.flatMap(({ kind, problem }) => (kind === wanted ? problem : []))
  const services = entries.flatMap(([name, value = '']) =>
    isServiceVariable(name, value) && !known.has(name) ? name : [],
  )
  return {
    faults: problems('fault'),
    warnings: problems('warning'),
    notes: [...problems('note'), ...serviceNotes(services)],
    meant: new Set(found.flatMap(({ kind, setting }) => (kind === 'fault' ? setting : []) ?? [])),
  }
}

interface Unknown {
  readonly kind: 'fault' | 'warning' | 'note'
  readonly problem: Problem
  /** The setting that a mistyped variable most likely means. */
  readonly setting?: SettingName | undefined
}

/** A variable of OpenTelemetry without an effect. */
function ineffective(name: string): Unknown | undefined {
  const isWarning = Object.hasOwn(declarativeVariables, name)
  const { [name]: advice } = { ...declarativeVariables, ...ineffectiveVariables }
  if (advice === undefined) return undefined
  const problem = unusedSetting(name, `${name} has no effect here. ${advice}`)
  return { kind: isWarning ? 'warning' : 'note', problem }
}

function classified(
  name: string,
  value: string,
  idle: ReadonlySet<SettingName>,
): Unknown | undefined {
  if (isServiceVariable(name, value)) return undefined
  if (Object.hasOwn(pythonVariables, name)) {
    const text = `${name} has no effect here. ${pythonVariables[name]}`
    return { kind: 'warning', problem: unknownName(name, text) }
  }
  const right = rightName(name)
  if (right === undefined) return foreignName(name)
  const setting = settingsByVariable.get(right)
  const text = `${name} is not a variable of this package; did you mean ${right}?`
  return { kind: kindOf(name, setting, idle), problem: unknownName(name, text), setting }
}

/** A name that is near no name of ours. */
function foreignName(name: string): Unknown | undefined {
  if (!ourPrefix.test(name)) return undefined
  const [, prefix] = credential.exec(name) ?? []
  if (prefix === undefined)
    return { kind: 'note', problem: unknownName(name, `${name} ${foreign}`) }
  const allowed = [...settingsByVariable.keys()].filter((each) => each.startsWith(prefix))
  const text = `${name} ${foreign} Variables with this prefix are ${allowed.join(', ')}.`
  return { kind: 'warning', problem: unknownName(name, text) }
}

function kindOf(
  name: string,
  setting: SettingName | undefined,
  idle: ReadonlySet<SettingName>,
): Unknown['kind'] {
  if (setting === undefined) return 'warning'
  if (protects(setting) && !Object.hasOwn(aliases, name)) return 'fault'
  return idle.has(setting) ? 'note' : 'warning'
}

const ourPrefix = /^(?:PROMETHEUS|GUNICORN|REDIS|SIDECAR|CLEANUP)_/
/** Without a warning, somebody could take the endpoint for protected. */
const credential = /^(PROMETHEUS_(?:AUTH|SSL)_).*(?:TOKEN|PASS|USER|BEARER|BASIC|CERT|KEY|CA_)/
const foreign = 'is no variable of this package. It is ignored.'

const settingsByVariable = new Map<string, SettingName>(
  settingNames.flatMap((name) => table[name].env.map((variable) => [variable, name] as const)),
)

/** The names that a mistyped name can mean. */
const intended = [...settingsByVariable.keys(), configVariable, ...otelVariables]
const intendedNames = new KnownNames(intended)
const known: ReadonlySet<string> = new Set([...intended, ...internalVariables, ...toolVariables])

function rightName(name: string): string | undefined {
  if (Object.hasOwn(aliases, name)) return aliases[name]
  return name.includes('_') ? intendedNames.nearest(name) : undefined
}

/** Whether a lack of the setting leaves the endpoint open. */
function protects(name: SettingName): boolean {
  const { topic } = table[name]
  return topic === table.authPassword.topic || topic === table.sslCertfile.topic
}

/** Kubernetes and Docker set such variables in each container, for each service. */
function isServiceVariable(name: string, value: string): boolean {
  return ourPrefix.test(name) && (serviceVariable.test(name) || serviceLink.pattern.test(value))
}

const serviceVariable = /_SERVICE_(?:HOST|PORT)(?:_|$)|_PORT_\d+_(?:TCP|UDP|SCTP)(?:_|$)/

function serviceNotes(names: readonly string[]): Problem[] {
  if (names.length === 0) return []
  const shown = names.slice(0, configLimits.shownVariables).join(', ')
  const key = names[0] ?? ''
  const rest = names.length - configLimits.shownVariables
  const more = rest > 0 ? ` and ${rest} more` : ''
  return [unknownName(key, `Variables of Kubernetes services are ignored: ${shown}${more}.`)]
}
