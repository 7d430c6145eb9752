import { isObject, objectsIn, parseJson, stringOf, type JsonObject } from '../lib/json.ts'
import { Findings } from './findings.ts'
import { applyToJson } from './json-texts.ts'
import type { RuleSet } from './rule-set.ts'
import { StreamMasker } from './stream-masker.ts'

/** A whole JSON answer with the rules applied to its texts; the same buffer where nothing changes. */
export function applyToAnswer(bytes: Buffer, rules: RuleSet, findings: Findings): Buffer {
  const next = applyToJson(bytes, rules, findings)
  if (next === bytes) return bytes
  const [before, after] = [parseJson(bytes.toString()), parseJson(next.toString())]
  return isObject(before) && isObject(after) ? Buffer.from(JSON.stringify(withoutTraces(after, before, rules))) : next
}

/** Without what would tell a text that was changed in another way: its tokens, its words one by one. */
function withoutTraces(answer: JsonObject, before: JsonObject, rules: RuleSet): JsonObject {
  const { logprobs: _logprobs, words: _words, ...rest } = answer
  const { choices } = answer
  const segments = objectsIn(before['segments'])
  return {
    ...rest,
    ...(Array.isArray(choices) ? { choices: choices.map(withoutTokens) } : {}),
    ...(segments.length === 0 || answer['text'] === before['text'] ? {} : { segments: maskedSegments(segments, rules) }),
  }
}

function withoutTokens(choice: unknown): unknown {
  if (!isObject(choice)) return choice
  const { message } = choice
  return {
    ...choice,
    ...('logprobs' in choice ? { logprobs: null } : {}),
    ...(isObject(message) && Array.isArray(message['thinking_blocks']) ? { message: withoutSignatures(message) } : {}),
  }
}

/** A signature holds for the text as it was. */
function withoutSignatures(message: JsonObject): JsonObject {
  const blocks = objectsIn(message['thinking_blocks']).map(({ signature: _signature, ...block }) => block)
  return { ...message, thinking_blocks: blocks }
}

/** What is found may lie across two segments: they are one text. */
function maskedSegments(segments: readonly JsonObject[], rules: RuleSet): JsonObject[] {
  const masker = new StreamMasker(rules, new Findings())
  return segments.map(({ tokens: _tokens, words: _words, ...segment }, index) => {
    const text = masker.push(stringOf(segment['text']))
    return { ...segment, text: index === segments.length - 1 ? text + masker.end() : text }
  })
}
