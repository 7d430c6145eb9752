import { adapterSchema, type UserAdapter } from '@jairouter/contract/adapter'
import { deepFreeze } from '../lib/deep-freeze.ts'
import { nearest } from '../lib/nearest.ts'
import { anthropic } from './builtin/anthropic.ts'
import { azureOpenai } from './builtin/azure-openai.ts'
import { baichuan } from './builtin/baichuan.ts'
import { cohere } from './builtin/cohere.ts'
import { dashscope } from './builtin/dashscope.ts'
import { deepseek } from './builtin/deepseek.ts'
import { gemini } from './builtin/gemini.ts'
import { gpustack } from './builtin/gpustack.ts'
import { groq } from './builtin/groq.ts'
import { infinity } from './builtin/infinity.ts'
import { jina } from './builtin/jina.ts'
import { llamacpp } from './builtin/llamacpp.ts'
import { lmstudio } from './builtin/lmstudio.ts'
import { localai } from './builtin/localai.ts'
import { minimax } from './builtin/minimax.ts'
import { mistral } from './builtin/mistral.ts'
import { moonshot } from './builtin/moonshot.ts'
import { ollama } from './builtin/ollama.ts'
import { ollamaNative } from './builtin/ollama-native.ts'
import { openai } from './builtin/openai.ts'
import { openaiCompatible } from './builtin/openai-compatible.ts'
import { openrouter } from './builtin/openrouter.ts'
import { sglang } from './builtin/sglang.ts'
import { siliconflow } from './builtin/siliconflow.ts'
import { teiNative } from './builtin/tei-native.ts'
import { tei } from './builtin/tei.ts'
import { together } from './builtin/together.ts'
import { vllm } from './builtin/vllm.ts'
import { xinference } from './builtin/xinference.ts'
import { zhipu } from './builtin/zhipu.ts'
import type { AdapterDefinition } from './definition.ts'

/** Servers that one runs oneself, then clouds, then the one for anything else. */
export const BUILTIN_ADAPTERS: ReadonlyMap<string, AdapterDefinition> = new Map(
  [
    ollama,
    ollamaNative,
    vllm,
    gpustack,
    xinference,
    localai,
    llamacpp,
    sglang,
    lmstudio,
    tei,
    teiNative,
    infinity,
    openai,
    azureOpenai,
    anthropic,
    gemini,
    cohere,
    jina,
    deepseek,
    dashscope,
    zhipu,
    moonshot,
    minimax,
    baichuan,
    siliconflow,
    mistral,
    groq,
    together,
    openrouter,
    openaiCompatible,
  ].map((adapter) => [adapter.id, adapter]),
)

export interface AdapterProblem {
  /** From the root of the config: `['adapters', id, ...]`. */
  readonly path: (string | number)[]
  readonly message: string
}

export interface ResolvedAdapters {
  /** The built-in ones and those of the user that have no problem. */
  readonly adapters: ReadonlyMap<string, AdapterDefinition>
  /** Root causes only: an adapter that extends a faulty one is left out without a problem of its own. */
  readonly problems: readonly AdapterProblem[]
}

/** Completes the adapters of the config's `adapters` section, each from the one that it extends or from the defaults. */
export function resolveAdapters(user: Readonly<Record<string, UserAdapter>>): ResolvedAdapters {
  // A map, since `user['constructor']` would find something that nobody defined.
  const own = new Map(Object.entries(user))
  const adapters = new Map(BUILTIN_ADAPTERS)
  const problems: AdapterProblem[] = []
  const failed = new Set<string>()

  function fail(id: string, problem?: { at: (string | number)[]; message: string }): undefined {
    failed.add(id)
    if (problem !== undefined) problems.push({ path: ['adapters', id, ...problem.at], message: problem.message })
  }

  /** `chain`: the adapters that wait for this one, in the order in which they extend each other. */
  function resolve(id: string, chain: readonly string[]): AdapterDefinition | undefined {
    const ready = adapters.get(id)
    if (ready !== undefined) return ready
    const input = own.get(id)
    if (input === undefined || failed.has(id)) return undefined
    if (chain.includes(id)) return fail(id, { at: ['extends'], message: ringMessage([...chain.slice(chain.indexOf(id)), id]) })

    const base = input.extends === undefined ? undefined : resolve(input.extends, [...chain, id])
    if (input.extends !== undefined && base === undefined) {
      if (own.has(input.extends)) return fail(id)
      return fail(id, { at: ['extends'], message: unknownAdapterMessage(input.extends, [...adapters.keys(), ...own.keys()]) })
    }
    if (base === undefined && Object.keys(input.paths ?? {}).length === 0) {
      return fail(id, { at: [], message: 'names no endpoint under "paths" and extends no other adapter, so it could serve nothing' })
    }
    const parsed = adapterSchema.safeParse(overlay(id, base, input))
    if (!parsed.success) {
      for (const issue of parsed.error.issues)
        fail(id, { at: issue.path.filter((part) => typeof part !== 'symbol'), message: issue.message })
      return undefined
    }
    const adapter = deepFreeze({ ...parsed.data, id })
    adapters.set(id, adapter)
    return adapter
  }

  for (const id of own.keys()) {
    if (BUILTIN_ADAPTERS.has(id))
      fail(id, { at: [], message: `"${id}" is a built-in adapter; give yours another name and let it extend "${id}"` })
    else resolve(id, [])
  }
  return { adapters, problems }
}

/** What to say about a name that is no adapter's. */
export function unknownAdapterMessage(id: string, known: Iterable<string>): string {
  const meant = nearest(id, known)
  return `unknown adapter "${id}"${meant === undefined ? '' : `; did you mean "${meant}"?`}`
}

function ringMessage(ring: readonly string[]): string {
  return `adapters extend each other in a circle: ${ring.join(' -> ')}`
}

/** Field by field: the user's, else the base's, else (label only) the id. */
function overlay(id: string, base: AdapterDefinition | undefined, input: UserAdapter): unknown {
  const given = Object.entries(input).filter(([, value]) => value !== undefined)
  const fields = [['label', id], ...Object.entries(base ?? {}), ...given] as const
  return Object.fromEntries(fields.filter(([name]) => name !== 'id' && name !== 'extends'))
}
