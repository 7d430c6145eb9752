import { createHash } from 'node:crypto'
import type { Call, Persona } from '../call.ts'
import { stringOf } from '../json.ts'
import type { Part } from '../multipart.ts'
import { BadRequest, errorReply, eventReply, jsonReply, textReply, type Reply } from '../reply.ts'
import { seedOf, tokenCount, wordsOf } from '../text.ts'

const SECONDS_PER_WORD = 0.5

export function answerTranscription(call: Call, persona: Persona): Reply {
  return answer(call, { task: 'transcribe', tokens: persona.tokens })
}

export function answerTranslation(call: Call, persona: Persona): Reply {
  return answer(call, { task: 'translate', tokens: persona.tokens })
}

/** Every format names the file's length and sha256, so that a test can tell whether it arrived whole. */
function answer(call: Call, options: { task: 'transcribe' | 'translate'; tokens: number }): Reply {
  const file = call.parts.find((part) => part.name === 'file')
  if (file === undefined) {
    if (call.parts.length === 0) return errorReply(415, 'Expected multipart/form-data')
    throw new BadRequest("Missing required parameter: 'file'", 'file', 'missing_required_parameter')
  }
  const facts = fileFacts(file)
  const words = wordsOf(seedOf(call.model, options.task, facts.sha256), options.tokens)
  const text = `${words.join('')} (${facts.bytes} bytes, sha256 ${facts.sha256})`
  const duration = words.length * SECONDS_PER_WORD
  const language = options.task === 'translate' ? 'english' : (stringOf(call.body['language']) ?? 'en')
  if (call.body['stream'] === 'true' && options.task === 'transcribe') return streamed(words, text)
  switch (stringOf(call.body['response_format']) ?? 'json') {
    case 'json':
      return jsonReply(200, { text, usage: { type: 'duration', seconds: duration }, file: facts })
    case 'verbose_json':
      return jsonReply(200, {
        task: options.task,
        language,
        duration,
        text,
        segments: [segmentOf(text, duration)],
        words: timed(words),
        file: facts,
      })
    case 'text':
      return textReply(200, `${text}\n`)
    case 'srt':
      return textReply(200, `1\n${timestamp(0, ',')} --> ${timestamp(duration, ',')}\n${text}\n\n`)
    case 'vtt':
      return textReply(200, `WEBVTT\n\n${timestamp(0, '.')} --> ${timestamp(duration, '.')}\n${text}\n\n`)
    default:
      throw new BadRequest(`Unknown response_format '${String(call.body['response_format'])}'`, 'response_format', 'invalid_value')
  }
}

export interface FileFacts {
  readonly field: string
  readonly name: string
  readonly type: string
  readonly bytes: number
  readonly sha256: string
}

export function fileFacts(part: Part): FileFacts {
  const sha256 = createHash('sha256').update(part.bytes).digest('hex')
  return { field: part.name, name: part.filename ?? '', type: part.contentType ?? '', bytes: part.bytes.length, sha256 }
}

function streamed(words: readonly string[], text: string): Reply {
  const deltas = words.map((delta) => ({ type: 'transcript.text.delta', delta }))
  const output = tokenCount(text)
  const usage = { type: 'tokens', input_tokens: 10, output_tokens: output, total_tokens: 10 + output }
  return { ...eventReply([...deltas, { type: 'transcript.text.done', text, usage }]), tokens: words.length }
}

function segmentOf(text: string, end: number): object {
  return {
    id: 0,
    seek: 0,
    start: 0,
    end,
    text,
    tokens: [1, 2, 3],
    temperature: 0,
    avg_logprob: -0.1,
    compression_ratio: 1,
    no_speech_prob: 0.01,
  }
}

function timed(words: readonly string[]): readonly object[] {
  return words.map((word, index) => ({ word: word.trim(), start: index * SECONDS_PER_WORD, end: (index + 1) * SECONDS_PER_WORD }))
}

/** SRT writes a comma before the milliseconds, WebVTT a full stop. */
function timestamp(seconds: number, mark: ',' | '.'): string {
  const [hours, minutes, rest] = [Math.floor(seconds / 3_600), Math.floor(seconds / 60) % 60, Math.floor(seconds) % 60]
  const clock = [hours, minutes, rest].map((part) => String(part).padStart(2, '0')).join(':')
  return `${clock}${mark}${String(Math.round((seconds % 1) * 1_000)).padStart(3, '0')}`
}
