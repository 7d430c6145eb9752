import { readArguments } from '../../lib/call-arguments.ts'
import type { JsonObject } from '../../lib/json.ts'
import type { ToolCallPart } from '../canonical/answer-parts.ts'
import { mintedCallId } from '../canonical/function-tool.ts'

/**
 * The calls of an answer, whose arguments are objects. Undefined where one makes no sense. Where the answer was cut
 * off by its length such a call is left out instead: clients run every call that they see, and without its arguments
 * a tool could do more than the model meant.
 */
export function toToolCalls(
  calls: readonly Pick<ToolCallPart, 'id' | 'name' | 'arguments'>[],
  { cut, id }: { readonly cut: boolean; readonly id: string },
): JsonObject[] | undefined {
  const translated: JsonObject[] = []
  for (const call of calls) {
    const input = readArguments(call.arguments)
    if (input !== undefined && call.name !== '') {
      const index = translated.length
      translated.push({ id: call.id || mintedCallId({ id }, index), function: { index, name: call.name, arguments: input } })
    } else if (!cut) return undefined
  }
  return translated
}
