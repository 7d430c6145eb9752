import { z } from 'zod'
import { ENDPOINTS } from './names.ts'

const endpointId = z.enum(ENDPOINTS)
const path = z.string().regex(/^\/[^\s?#]*$/, 'expected a path that begins with /')
const pathWithQuery = z.string().regex(/^\/[^\s#]*$/, 'expected a path that begins with /')
const headerName = z.string().regex(/^[!#$%&'*+.^_`|~0-9a-z-]+$/, 'expected a lower-case header name')

/** How the reasoning of earlier turns goes back to the backend. */
const REASONING_REPLAYS = ['keep', 'turn', 'strip', 'fill', 'tags'] as const

/** What is changed in a JSON body before it is sent, top-level fields only. Everything not named here stays as the client sent it. */
const rewriteSchema = z.strictObject({
  /** Fields that the backend refuses. */
  drop: z.array(z.string()).default([]),
  /** `{ max_completion_tokens: 'max_tokens' }`: the field's new name; dropped where the new name is present already. */
  rename: z.record(z.string(), z.string()).default({}),
  /** Values for fields that the client left out. */
  defaults: z.record(z.string(), z.json()).default({}),
  /** The same, for requests that are no streams. */
  plainDefaults: z.record(z.string(), z.json()).default({}),
  /** `{ tool_choice: { required: 'any' } }`: what a field's value, where it is a text, is called here. */
  values: z.record(z.string(), z.record(z.string(), z.json())).default({}),
  /** `only-tool`: a tool can't be asked for by name, so that it is sent alone, with the backend's word for `tool_choice: required`. */
  namedTool: z.enum(['native', 'only-tool']).default('native'),
  /** `without-tools`: `tool_choice: none` is obeyed only by requests that have no tools. */
  noTool: z.enum(['native', 'without-tools']).default('native'),
  /** `prompt`: knows `json_object` alone. The schema is told in the system message and the backend does not enforce it; the access log says `degraded`. */
  jsonSchema: z.enum(['native', 'prompt']).default('native'),
  messages: z
    .strictObject({
      /** `{ developer: 'system' }`: roles that are called otherwise. */
      roles: z.record(z.string(), z.string()).default({}),
      /** Fields of a message that the backend refuses. */
      drop: z.array(z.string()).default([]),
      /** `nine`: takes only ids of nine letters and digits for tool calls; others are replaced, always by the same. */
      toolIds: z.enum(['any', 'nine']).default('any'),
      /** The field that marks a last message of the assistant as one to go on from. */
      prefix: z.string().optional(),
      /**
       * By upstream model (`*` stands for any run of characters), first match wins: `keep`, as `reasoning_content` · `turn`: as such, but only after the
       * last user message · `strip` · `fill`: on every message of the assistant, empty if need be · `tags`: as `<think>` at the start of the content.
       */
      reasoning: z.record(z.string(), z.enum(REASONING_REPLAYS)).default({}),
    })
    .default({ roles: {}, drop: [], toolIds: 'any', reasoning: {} }),
})

/** How the answers to chats and completions differ from OpenAI's. What is not named here goes to the client as it came. */
const answersSchema = z.strictObject({
  /** `{ eos: 'stop' }`: OpenAI's word for a finish reason of the backend's own. */
  finishReasons: z.record(z.string(), z.enum(['stop', 'length', 'tool_calls', 'content_filter'])).default({}),
  /** `normalise`: tool calls may lack `index`, `id` or `type`, or repeat them empty; the gateway numbers and names them anew. */
  toolCalls: z.enum(['native', 'normalise']).default('native'),
  /** `content` may be a list of parts: text becomes a string, thinking `reasoning_content`. */
  contentParts: z.boolean().default(false),
  /** `<think>...</think>` at the start of the content is reasoning. */
  thinkTags: z.boolean().default(false),
  /** Token counts may stand in the first choice instead of at the top. */
  usageInChoices: z.boolean().default(false),
})

const modelsSchema = z.strictObject({
  /** Tried in order until one answers in the shape. */
  paths: z.array(pathWithQuery).min(1),
  /** `list`: OpenAI's `{data: [{id}]}` or a bare `[{id}]` · `named`: `{models: [{name}]}` of Gemini and Cohere · `tei-info`: `{model_id}`, one model to a server. */
  shape: z.enum(['list', 'named', 'tei-info']),
})

const healthSchema = z.strictObject({
  path: pathWithQuery,
  /** Send the backend's key with the probe (a cloud's model list needs it). */
  authenticated: z.boolean().optional(),
  /** Shortest pause between probes, milliseconds, for servers that count them against a rate limit. */
  minimumIntervalMs: z.int().min(0).optional(),
})

const rerankSchema = z.strictObject({
  /** Name of the field for the list of texts. */
  documents: z.enum(['documents', 'texts']),
  /** Name of the field that asks for the texts back. */
  returnDocuments: z.enum(['return_documents', 'return_text']),
  /** The server cuts to `top_n` itself; otherwise the field is not sent. The gateway sorts and cuts in any case. */
  topN: z.boolean(),
})

/** Wire formats: how requests and answers are written. */
export const WIRES = ['openai', 'ollama', 'anthropic', 'gemini', 'cohere', 'tei'] as const
export type Wire = (typeof WIRES)[number]

/** Operations of other APIs than OpenAI's that some servers have as well. */
export const NATIVE_DIALECTS = ['messages', 'ollamaChat', 'ollamaGenerate', 'ollamaEmbed', 'ollamaEmbeddings'] as const
export type NativeDialect = (typeof NATIVE_DIALECTS)[number]

const shape = {
  label: z.string().min(1),
  /** Its name in traces, as OpenTelemetry's conventions for generative AI have it; its id when left out. */
  provider: z.string().min(1),
  /** `openai` is the canonical one and goes through as it is; the others are translated by their codec. */
  wire: z.enum(WIRES),
  /** A cloud's public address: a backend of this type may then leave its own `url` out. */
  url: z.url({ protocol: /^https?$/ }),
  /** Loopback ports on which such a server listens by default; probed when there is no config. */
  ports: z.array(z.int().min(1).max(65_535)),
  /** Where the key goes: `Authorization: Bearer`, a header of its own, or nowhere. */
  auth: z.discriminatedUnion('scheme', [
    z.strictObject({ scheme: z.literal('bearer') }),
    z.strictObject({ scheme: z.literal('header'), header: headerName }),
    z.strictObject({ scheme: z.literal('none') }),
  ]),
  /** Sent with each request. */
  headers: z.record(headerName, z.string()),
  /** Appended to each request's URL, such as Azure's `api-version`. */
  query: z.record(z.string(), z.string()),
  /** Path below the backend's URL for each endpoint that it has; `{model}` stands for the upstream model's name. `true`: where its wire format has it. */
  paths: z.partialRecord(endpointId, z.union([path, z.literal(true)])),
  /** Path of each operation of another API that the server speaks itself: a client of that API is passed through. */
  native: z.partialRecord(z.enum(NATIVE_DIALECTS), path),
  rewrite: z.partialRecord(endpointId, rewriteSchema),
  answers: answersSchema,
  /** How the backend lists its models; absent when it can't. */
  models: modelsSchema,
  /** A probe that costs nothing: never a generation. Absent: a TCP connection and real traffic tell. */
  health: healthSchema,
  /** Takes `stream_options: {include_usage: true}`; false where an unknown field is refused. */
  streamOptions: z.boolean(),
  /** `native`: honours `encoding_format: base64` · `emulate`: always asked for floats, the gateway encodes. */
  embeddingBase64: z.enum(['native', 'emulate']),
  rerank: rerankSchema,
  /** Goes on from an assistant's message at the end of a chat, if these fields are given beside it; absent where it would begin a new one. */
  continuation: z.record(z.string(), z.json()),
  /** Inputs that one embedding request may have; longer lists are sent in parts. */
  embeddingBatchMax: z.int().min(1),
  /** Takes pictures only as data: the gateway fetches those that a request names by address. */
  inlinePictures: z.boolean(),
  /** Statuses that mean another one to this server: `{ '498': 401 }`. */
  statusAs: z.record(z.string().regex(/^[45]\d\d$/, 'expected a status from 400 to 599'), z.int().min(400).max(599)),
  /** Codes in an error's body, also inside of a 200, that mean a status: `{ '1113': 402 }`. */
  codeAs: z.record(z.string(), z.int().min(400).max(599)),
}

/**
 * How one type of backend speaks: data only. The same schema checks the built-in definitions and those that a
 * user adds under `adapters:` in the config file.
 */
export const adapterSchema = z
  .strictObject({
    label: shape.label,
    provider: shape.provider.optional(),
    wire: shape.wire.default('openai'),
    url: shape.url.optional(),
    ports: shape.ports.default([]),
    auth: shape.auth.default({ scheme: 'bearer' }),
    headers: shape.headers.default({}),
    query: shape.query.default({}),
    paths: shape.paths.default({}),
    native: shape.native.default({}),
    rewrite: shape.rewrite.default({}),
    answers: shape.answers.default({
      finishReasons: {},
      toolCalls: 'native',
      contentParts: false,
      thinkTags: false,
      usageInChoices: false,
    }),
    models: shape.models.optional(),
    health: shape.health.optional(),
    streamOptions: shape.streamOptions.default(true),
    embeddingBase64: shape.embeddingBase64.default('emulate'),
    rerank: shape.rerank.default({ documents: 'documents', returnDocuments: 'return_documents', topN: true }),
    continuation: shape.continuation.optional(),
    embeddingBatchMax: shape.embeddingBatchMax.optional(),
    inlinePictures: shape.inlinePictures.default(false),
    statusAs: shape.statusAs.default({}),
    codeAs: shape.codeAs.default({}),
  })
  .superRefine(({ wire, paths }, context) => {
    for (const [endpoint, path] of Object.entries(paths))
      if (path === true && wire === 'openai')
        context.addIssue({
          code: 'custom',
          path: ['paths', endpoint],
          message: 'the wire format "openai" has no paths of its own; say which it is',
        })
  })

export type Rewrite = z.output<typeof rewriteSchema>
export type Answers = z.output<typeof answersSchema>
export type AdapterData = z.output<typeof adapterSchema>
export type AdapterInput = z.input<typeof adapterSchema>

/** An adapter of the user's own: complete, or what differs from the built-in one that it extends (field by field; nothing is merged deeper). */
export const userAdapterSchema = z.strictObject(shape).partial().extend({ extends: z.string().optional() })
export type UserAdapter = z.output<typeof userAdapterSchema>
