import { referencedResponses, withReferences } from '../../dialects/responses/references.ts'
import type { ResponseStore } from '../../dialects/responses/response-store.ts'
import { responsesDialect } from '../../dialects/responses/responses.ts'
import { storedResponse, withPrevious } from '../../dialects/responses/stored.ts'
import { createStreamEncoder } from '../../dialects/responses/stream-encoder.ts'
import type { StreamEncoder } from '../../dialects/dialect.ts'
import type { JsonObject } from '../../lib/json.ts'
import { GatewayError } from '../../errors/gateway-error.ts'
import type { Front } from './front.ts'
import { tenantNameOf } from './tenant-name.ts'

/** OpenAI's `POST /v1/responses`. What it keeps of its answers is its client's alone. */
export function responsesFront(store: ResponseStore): Front {
  return {
    dialect: 'responses',
    path: '/v1/responses',
    endpoint: 'chat',
    idHeaders: [],
    errorBody: (error, requestId) => responsesDialect.errorBody(error, requestId),
    async open({ fields, id, key, address, now }) {
      const tenant = tenantNameOf(key, address)
      const joined = await withEarlier(fields, { tenant, store })
      const canonical = responsesDialect.toCanonical(joined)
      const context = { fields, model: String(canonical['model']), id, createdMs: now(), now }
      const keep = (response: JsonObject | undefined) => {
        if (response === undefined || fields['store'] === false) return
        void store.put(tenant, String(response['id']), { response, items: storedResponse(joined, response) })
      }
      return {
        kind: 'call',
        endpoint: 'chat',
        fields: canonical,
        fromCanonical(answer) {
          const response = responsesDialect.fromCanonical(answer, context)
          keep(response)
          return response
        },
        createStreamEncoder() {
          const encoder = createStreamEncoder(context)
          return keepingAtEnd(encoder, () => keep(encoder.response()))
        },
      }
    },
  }
}

function keepingAtEnd(encoder: StreamEncoder, keep: () => void): StreamEncoder {
  return {
    ...encoder,
    end() {
      const bytes = encoder.end()
      keep()
      return bytes
    },
  }
}

/** The request with the conversation that it goes on from. Throws a GatewayError where there is none (any more). */
async function withEarlier(fields: JsonObject, { tenant, store }: { tenant: string; store: ResponseStore }): Promise<JsonObject> {
  const previous = fields['previous_response_id']
  let joined = fields
  if (typeof previous === 'string') {
    const kept = await store.get(tenant, previous)
    if (kept === undefined)
      throw new GatewayError(
        'invalid_field',
        `There is no response "${previous}" to go on from: it was never stored, or its time is over`,
        {
          param: 'previous_response_id',
        },
      )
    joined = withPrevious(fields, kept.items)
  }
  const referenced = await Promise.all(referencedResponses(joined).map((id) => store.get(tenant, id)))
  return withReferences(
    joined,
    referenced.flatMap((kept) => (kept === undefined ? [] : [kept.items])),
  )
}
