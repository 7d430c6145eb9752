import { Findings } from '../content/findings.ts'
import { applyToJson } from '../content/json-texts.ts'
import { changesTexts, type RuleSet } from '../content/rule-set.ts'
import type { Call, JsonCall } from '../endpoints/call.ts'
import { parseFields } from '../endpoints/parse-json-call.ts'
import { GatewayError } from '../errors/gateway-error.ts'
import { blockedBy } from './content-blocked.ts'
import { GuardedUpload } from './guarded-upload.ts'

/** Fields in which a text may stand as the numbers of its tokens. */
const TOKEN_FIELDS = ['prompt', 'input'] as const

/**
 * The call with rules applied to all texts in it that go to a model: the same call where nothing changes. Throws
 * `content_blocked`; an upload, whose texts are still to come, does so while it is sent.
 */
export function guardedCall(call: Call, rules: RuleSet, findings: Findings): Call {
  if (call.kind === 'upload') return { ...call, upload: new GuardedUpload(call.upload, rules, findings) }
  if (changesTexts(rules)) refuseTokens(call)
  // What the client wrote itself says at least as much as its translation: it is what is counted.
  const { native } = call
  const ownBytes = native === undefined ? undefined : applyToJson(native.bytes, rules, findings)
  const bytes = applyToJson(call.bytes, rules, native === undefined ? findings : new Findings())
  if (findings.blockedBy !== undefined) throw blockedBy(findings.blockedBy, 'request')
  if (bytes === call.bytes && ownBytes === native?.bytes) return call
  const { fields, members } = parseFields(bytes)
  if (native === undefined || ownBytes === undefined) return { ...call, bytes, fields, members }
  return { ...call, bytes, fields, members, native: { ...native, bytes: ownBytes, members: parseFields(ownBytes).members } }
}

/** In numbers no rule can find anything, and whoever sends them could say anything. */
function refuseTokens({ fields }: JsonCall): void {
  for (const name of TOKEN_FIELDS) {
    const value = fields[name]
    const [first]: readonly unknown[] = Array.isArray(value) ? value : []
    const [inner]: readonly unknown[] = Array.isArray(first) ? first : [first]
    if (typeof inner === 'number')
      throw new GatewayError(
        'invalid_field',
        `The field "${name}" must be text: content rules hold for this model, and can't read tokens`,
        {
          param: name,
        },
      )
  }
}
