import { isAbsent, isObject, listOf, textOf, type JsonObject } from '../../../lib/json.ts'
import { mintedCallId, toFunctionCall } from '../canonical/function-call.ts'
import { CodecMismatch, type AnswerContext } from '../codec.ts'
import { withPartialArgument } from './partial-arguments.ts'
import { signed } from './signature.ts'

/** Reads the calls of one candidate, whole or in pieces; each comes out once, when it is complete. */
export interface ToolCallReader {
  /** A part with `functionCall` -> calls that are complete now, as OpenAI's. */
  read(part: JsonObject): readonly JsonObject[]
  /** The candidate is finished: a call that was still open is what there is of it. */
  close(): readonly JsonObject[]
}

interface OpenCall {
  readonly id: string
  readonly name: string
  readonly args: JsonObject
  readonly signature: string | undefined
}

/**
 * Ids for calls to which Gemini gives none. One minter serves all candidates of an answer.
 */
export function createIdMinter(context: AnswerContext): () => string {
  let minted = 0
  return () => {
    minted += 1
    return mintedCallId(minted - 1, context)
  }
}

/** With `parallel_tool_calls: false`, which Gemini can't be told, only the first of several calls is passed on. */
export function createToolCallReader(context: AnswerContext, mintId: () => string): ToolCallReader {
  const single = context.fields['parallel_tool_calls'] === false
  let open: OpenCall | undefined
  let complete = 0

  function close(): readonly JsonObject[] {
    if (open === undefined) return []
    const call = toCall(open)
    open = undefined
    complete += 1
    return single && complete > 1 ? [] : [call]
  }

  function openCall(piece: JsonObject, part: JsonObject): readonly JsonObject[] {
    const name = textOf(piece['name'])
    if (name === undefined) return []
    const before = close()
    open = { id: textOf(piece['id']) ?? mintId(), name, args: {}, signature: textOf(part['thoughtSignature']) }
    return before
  }

  return {
    close,
    read(part) {
      const piece = part['functionCall']
      if (!isObject(piece)) throw new CodecMismatch('A function call is no object')
      const before = openCall(piece, part)
      // Pieces without a name belong to the open call; without one, an empty piece ends a call that has ended already.
      if (open === undefined) {
        if (saysSomething(piece)) throw new CodecMismatch('A function call has no name')
        return before
      }
      open = { ...open, args: withArguments(open.args, piece), signature: open.signature ?? textOf(part['thoughtSignature']) }
      return piece['willContinue'] === true ? before : [...before, ...close()]
    },
  }
}

function toCall({ id, name, args, signature }: OpenCall): JsonObject {
  return { ...toFunctionCall(id, name, JSON.stringify(args)), ...signed(signature) }
}

function withArguments(args: JsonObject, { args: whole, partialArgs }: JsonObject): JsonObject {
  if (!isAbsent(whole) && !isObject(whole)) throw new CodecMismatch('The arguments of a function call are no object')
  return listOf(partialArgs).reduce<JsonObject>(withPartialArgument, whole ?? args)
}

function saysSomething({ args, partialArgs }: JsonObject): boolean {
  return isObject(args) || Array.isArray(partialArgs)
}
