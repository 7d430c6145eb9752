/** Kinds of work. A route is found by (service, model). */
export const SERVICES = ['chat', 'embedding', 'rerank', 'tts', 'stt', 'image', 'imageEdit', 'moderation'] as const
export type Service = (typeof SERVICES)[number]

/** Operations of the public API that are relayed to a backend; each belongs to one service. */
export const ENDPOINTS = [
  'chat',
  'completion',
  'embedding',
  'rerank',
  'speech',
  'transcription',
  'translation',
  'imageGeneration',
  'imageEdit',
  'imageVariation',
  'moderation',
  'realtime',
] as const
export type EndpointId = (typeof ENDPOINTS)[number]

export const SERVICE_OF_ENDPOINT: Readonly<Record<EndpointId, Service>> = {
  chat: 'chat',
  completion: 'chat',
  embedding: 'embedding',
  rerank: 'rerank',
  speech: 'tts',
  transcription: 'stt',
  translation: 'stt',
  imageGeneration: 'image',
  imageEdit: 'imageEdit',
  imageVariation: 'imageEdit',
  moderation: 'moderation',
  // Sessions are held with chat models, under their names and their policies.
  realtime: 'chat',
}

export const BALANCERS = ['random', 'round-robin', 'least-connections', 'least-latency', 'ip-hash', 'consistent-hash'] as const
export type BalancerName = (typeof BALANCERS)[number]

/** What a limit counts apart. */
export const LIMIT_SCOPES = ['global', 'service', 'model', 'instance', 'key', 'client-ip'] as const
export type LimitScope = (typeof LIMIT_SCOPES)[number]

export const LIMIT_COUNTS = ['requests', 'tokens'] as const
export type LimitCount = (typeof LIMIT_COUNTS)[number]

/** What a step of a fallback chain answers to; `any` is all of the others. */
export const FALLBACK_CONDITIONS = ['unavailable', 'timeout', 'rate-limited', 'context-length', 'content-filter', 'any'] as const
export type FallbackCondition = (typeof FALLBACK_CONDITIONS)[number]

/** Priorities of those who wait or are shed, highest first. */
export const BANDS = ['system', 'interactive', 'default', 'batch'] as const
export type Band = (typeof BANDS)[number]

/** The fields in which chat clients find a model's reasoning. `as-is`: where the backend puts it. */
export const REASONING_FIELDS = ['as-is', 'reasoning_content', 'reasoning', 'both', 'none'] as const
export type ReasoningField = (typeof REASONING_FIELDS)[number]
