/** What a backend said of its own failure. */
export interface UpstreamSaid {
  readonly code?: string | null | undefined
  readonly type?: string | null | undefined
  readonly message: string
}

/** OpenAI and its imitators, llama.cpp (and Ollama upon it), Z.ai, Zhipu's number. */
const CONTEXT_CODES: ReadonlySet<string> = new Set([
  'context_length_exceeded',
  'context_window_exceeded',
  'exceed_context_size_error',
  'model_context_window_exceeded',
  '1261',
])

const CONTEXT_TEXTS: readonly RegExp[] = [
  // OpenAI, vLLM, SGLang, DeepSeek, OpenRouter, Mistral; vLLM's engine; xAI.
  /\bmaximum (?:context|model|prompt|input)[ _-]length\b/i,
  // llama.cpp's size, Ollama's and Together's length, Anthropic's limit, OpenAI's and MiniMax's window, LM Studio.
  /\b(?:exceed(?:s|ed)?|longer than|greater than)\b.{0,80}\bcontext[ _-]?(?:length|window|size|limit)\b/i,
  /\bcontext[ _-]?(?:length|window|size|limit)\b.{0,40}\bexceed/i,
  /\bwhen (?:the )?context (?:the )?overflows\b/i,
  // Anthropic, Bedrock, Ollama.
  /\b(?:prompt|input|conversation)(?: is)? too long\b/i,
  // Gemini.
  /\binput token count\b.{0,40}\bexceeds\b/i,
  // Groq, Moonshot, DashScope, Cohere, TGI and TEI.
  /\breduce the length of the (?:messages|prompt|input)\b/i,
  /\bexceeded model token limit\b/i,
  /\brange of input length should be\b/i,
  /\btoo many tokens: size limit exceeded\b/i,
  /`inputs`.{0,60}\bmust (?:be <=|have less than)/i,
]

/** OpenAI (text and images), Azure, DashScope; the numbers are Zhipu's and MiniMax's. */
const FILTER_CODES: ReadonlySet<string> = new Set([
  'content_filter',
  'content_policy_violation',
  'moderation_blocked',
  'responsibleaipolicyviolation',
  'data_inspection_failed',
  'datainspectionfailed',
  '1301',
  '1026',
  '1027',
])

const FILTER_TEXTS: readonly RegExp[] = [
  // Azure.
  /\bcontent management policy\b/i,
  /\bResponsibleAIPolicyViolation\b/i,
  // Anthropic.
  /\bcontent filter(?:ing)? policy\b/i,
  // OpenAI's reasoning models and images, xAI.
  /\bviolat(?:es?|ing) (?:our |the )?(?:usage|content|safety) (?:guidelines|polic)/i,
  /\brejected (?:as a result of|by) our safety system\b/i,
  // DeepSeek, DashScope, Moonshot, OpenRouter.
  /\bcontent exists risk\b/i,
  /\binappropriate content\b/i,
  /\bconsidered high risk\b/i,
  /\binput was flagged\b/i,
]

/** The request is longer than this model can read; a model with a longer context could. */
export function isContextLength(said: UpstreamSaid): boolean {
  return hasCode(said, CONTEXT_CODES) || CONTEXT_TEXTS.some((text) => text.test(said.message))
}

/** With these a backend may refuse what was asked; 200: inside of an answer. With others the same words speak of an account, or of a fault. */
const REFUSALS: ReadonlySet<number> = new Set([200, 400, 403, 422, 451])

/** The backend would not answer because of what was asked, or of what it was about to say. Without a status the words alone count. */
export function isContentFilter(said: UpstreamSaid, status: number | undefined): boolean {
  if (status !== undefined && !REFUSALS.has(status)) return false
  return hasCode(said, FILTER_CODES) || FILTER_TEXTS.some((text) => text.test(said.message))
}

function hasCode({ code, type }: UpstreamSaid, codes: ReadonlySet<string>): boolean {
  return codes.has((code ?? '').toLowerCase()) || codes.has((type ?? '').toLowerCase())
}
