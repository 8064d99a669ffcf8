import { quoted } from '../../log/redact.ts'
import { otlpVariable, type Variables } from '../otlp-variable.ts'
import { ignored, wrongValue } from '../problem.ts'
import { joined, noProblems, type Problems } from '../problems.ts'
import { endpointProblems } from './endpoint-problems.ts'
import { fileProblems } from './file-problems.ts'
import { headerProblems } from './header-problems.ts'
import { allowedTimeout, isTimeout } from './timeout.ts'

/** Problems of all variables that OTel's exporters read. */
export function variableProblems(variables: Variables): Problems {
  return joined([
    wordProblems(variables),
    endpointProblems(variables),
    headerProblems(variables),
    fileProblems(variables),
  ])
}

function wordProblems(variables: Variables): Problems {
  const warnings = Object.entries(words).flatMap(([end, { allowed, isGood }]) => {
    const found = otlpVariable(variables, end)
    if (!found || isGood(found.text)) return []
    return [ignored(wrongValue(found.name, quoted(found.text), allowed))]
  })
  return { ...noProblems, warnings }
}

const words: Record<string, { allowed: string; isGood: (text: string) => boolean }> = {
  COMPRESSION: { allowed: 'gzip or none', isGood: (text) => /^(?:gzip|none)$/.test(text) },
  TEMPORALITY_PREFERENCE: {
    allowed: 'cumulative or delta or lowmemory',
    isGood: (text) => /^(?:cumulative|delta|lowmemory)$/i.test(text),
  },
  INSECURE: { allowed: 'true or false', isGood: (text) => /^(?:true|false)$/i.test(text) },
  TIMEOUT: { allowed: allowedTimeout, isGood: isTimeout },
}
