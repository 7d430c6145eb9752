/** What a model takes of the wire format. Anthropic refuses with 400 what a model no longer knows, so it must be left out. */
export interface ModelAbilities {
  /** `max_tokens` where the client gives none: the field is required. As much as every model of the generation can write, bounded at 32,000. */
  readonly defaultMaxTokens: number
  /** `budget`: a number of tokens · `adaptive`: the model decides, steered by `output_config.effort`. */
  readonly thinking: 'none' | 'budget' | 'adaptive'
  /** How thinking is turned off; `never`: only made less. */
  readonly thinkingOff: 'disabled' | 'between_tools' | 'never'
  readonly xhighEffort: boolean
  /** `either`: temperature or top_p, not both. */
  readonly sampling: 'both' | 'either' | 'none'
  /** `output_config.format` and strict tools. */
  readonly structuredOutput: boolean
  /** A tool_choice of `any` or `tool`. */
  readonly forcedTools: boolean
  /** The conversation may end with the assistant's words, which the model then continues. */
  readonly prefill: boolean
}

/** Other vendors' models behind the same wire format (DeepSeek, Kimi, GLM, MiniMax): its state of 2023-06-01. */
const COMPATIBLE: ModelAbilities = {
  defaultMaxTokens: 8192,
  thinking: 'budget',
  thinkingOff: 'disabled',
  xhighEffort: false,
  sampling: 'both',
  structuredOutput: false,
  forcedTools: true,
  prefill: true,
}

/** A Claude whose name tells no version (`claude-mythos-preview`) is taken for one that takes least. */
const UNKNOWN_CLAUDE: ModelAbilities = {
  defaultMaxTokens: 32_000,
  thinking: 'adaptive',
  thinkingOff: 'never',
  xhighEffort: true,
  sampling: 'none',
  structuredOutput: true,
  forcedTools: false,
  prefill: false,
}

/** `claude-opus-4-7`, `claude-sonnet-4-20250514`, `claude-sonnet-4.5`; what follows a version and has more than two digits is a date. */
const FAMILY_FIRST = /claude-([a-z]+)-(\d{1,2})(?:[-.](\d{1,2})(?!\d))?(?!\d)/
/** `claude-3-5-sonnet-20241022`, `claude-4.6-opus`, `claude-v2:1`, `claude-2.1`. */
const VERSION_FIRST = /claude-v?(\d{1,2})(?:[-.](\d{1,2})(?!\d))?(?!\d)(?:-([a-z]+))?/

/** Reads a model's generation from its name, with or without a cloud's prefix and suffix. */
export function abilitiesOf(model: string): ModelAbilities {
  const name = model.toLowerCase()
  if (!name.includes('claude')) return COMPATIBLE
  const familyFirst = FAMILY_FIRST.exec(name)
  if (familyFirst !== null) return claude(familyFirst[1] ?? '', versionOf(familyFirst[2], familyFirst[3]))
  const versionFirst = VERSION_FIRST.exec(name)
  return versionFirst === null ? UNKNOWN_CLAUDE : claude(versionFirst[3] ?? '', versionOf(versionFirst[1], versionFirst[2]))
}

/** 4.7 is 407: versions are compared as numbers. */
function versionOf(major: string | undefined, minor: string | undefined): number {
  return Number(major) * 100 + Number(minor ?? 0)
}

function claude(family: string, version: number): ModelAbilities {
  return {
    defaultMaxTokens: version < 305 ? 4096 : version < 307 ? 8192 : 32_000,
    thinking: version < 307 ? 'none' : version < 406 ? 'budget' : 'adaptive',
    thinkingOff: thinkingOffOf(family, version),
    xhighEffort: version >= 407,
    sampling: version < 401 ? 'both' : version < 407 ? 'either' : 'none',
    structuredOutput: version >= (family === 'opus' ? 401 : 405),
    forcedTools: version < 501 || family === 'haiku',
    prefill: version < 406,
  }
}

function thinkingOffOf(family: string, version: number): ModelAbilities['thinkingOff'] {
  if (family === 'fable' || family === 'mythos') return 'never'
  if (version < 505 || family === 'haiku') return 'disabled'
  return family === 'sonnet' ? 'between_tools' : 'never'
}
