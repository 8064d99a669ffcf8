/*
 *   TARGETS              http://127.0.0.1:8000; addresses of applications, separated by commas
 *   RATE                 20 requests per second, over all targets; at most 200
 *   DURATION_SECONDS     0: until SIGTERM
 *   MIX                  weights of the kinds in mix.js, as home=6,search=4
 *   FAULT_EVERY_SECONDS  60; 0 for no faults
 *   FAULTS               routes below /demo of the application, one after another
 */
import { kinds } from './mix.js'

const defaultMix =
  'home=20,products=20,product=20,search=15,order=7,bulk=3,report=6,missing=3,refused=2,' +
  'broken=2,unavailable=2'
const defaultFaults =
  'crash,block?seconds=8,master/reload,kill,master/more,heap,block?seconds=60,master/fewer,exit'
const maxRate = 200
const maxTargets = 16
const maxSeconds = 86_400

/** @throws if a variable is wrong. */
export function resolveSettings(env) {
  const targets = list(env.TARGETS ?? 'http://127.0.0.1:8000').map((text) => new URL(text))
  if (targets.length === 0 || targets.length > maxTargets) {
    throw new Error(`TARGETS needs 1 to ${maxTargets} addresses.`)
  }
  const mix = list(env.MIX ?? defaultMix).map(kindOf)
  if (!mix.some(({ weight }) => weight > 0)) throw new Error('MIX needs a weight above 0.')
  const faults = list(env.FAULTS ?? defaultFaults)
  const wrong = faults.find((fault) => !/^[\w/]+(?:\?seconds=\d+)?$/.test(fault))
  if (wrong !== undefined) throw new Error(`FAULTS has ${wrong}, which is not a route.`)
  return {
    targets,
    mix,
    faults,
    rate: number(env, 'RATE', { fallback: 20, min: 0.1, max: maxRate }),
    durationSeconds: number(env, 'DURATION_SECONDS', { fallback: 0, min: 0, max: maxSeconds }),
    faultEverySeconds: number(env, 'FAULT_EVERY_SECONDS', {
      fallback: 60,
      min: 0,
      max: maxSeconds,
    }),
  }
}

function kindOf(text) {
  const [name = '', weight = ''] = text.split('=')
  if (!Object.hasOwn(kinds, name) || !/^\d{1,4}$/.test(weight)) {
    throw new Error(`MIX has ${text}; it needs a name of ${Object.keys(kinds).join(', ')}.`)
  }
  return { name, weight: Number(weight) }
}

function number(env, name, { fallback, min, max }) {
  const value = Number(env[name] ?? fallback)
  if (value >= min && value <= max) return value
  throw new Error(`${name} is ${env[name]}; it must be between ${min} and ${max}.`)
}

function list(text) {
  return text
    .split(',')
    .map((each) => each.trim())
    .filter(Boolean)
}
