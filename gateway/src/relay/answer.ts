import type { Route } from '../config/snapshot.ts'
import type { Admission } from './admission.ts'
import type { Delivered } from './attempt.ts'
import { askAlong } from './chain.ts'
import type { AnswerHeaders } from './client-port.ts'
import { endInterrupted } from './deliver-stream.ts'
import { failureOf } from './failure.ts'
import type { RelayPorts } from './ports.ts'
import type { RelayInput } from './relay.ts'
import type { Remembered } from './remembered.ts'
import { Resumption } from './resumption.ts'
import { SharedCall } from './shared-call.ts'

interface Asked {
  readonly route: Route
  readonly admission: Admission | undefined
  readonly remembered: Remembered | undefined
}

/** Asks for the answer, or shares the call of somebody who is asking just that; keeps it for later ones, if it may be kept. */
export function answer(input: RelayInput, asked: Asked, ports: RelayPorts): Promise<Delivered> {
  const { remembered } = asked
  return remembered === undefined ? askToTheEnd(input, asked, ports) : answerAndKeep(input, { ...asked, remembered }, ports)
}

async function answerAndKeep(input: RelayInput, asked: Asked & { readonly remembered: Remembered }, ports: RelayPorts): Promise<Delivered> {
  const { remembered } = asked
  const asking = { ...input, client: remembered.client }
  const { shareKey } = remembered
  const delivered = shareKey === undefined ? await askToTheEnd(asking, asked, ports) : await share(asking, { ...asked, shareKey }, ports)
  remembered.keep(delivered)
  return delivered
}

async function askToTheEnd(input: RelayInput, { route, admission, remembered }: Asked, ports: RelayPorts): Promise<Delivered> {
  const marks: AnswerHeaders = input.record.cache === undefined ? {} : { 'x-jairouter-cache': input.record.cache }
  const resumption = route.policy.retry.resume ? Resumption.of(input.call) : undefined
  if (input.content !== undefined) resumption?.neverGoOn()
  const delivered = await askAlong(input, { route, admission, resumption, marks }, { remembered, ports })
  if (delivered.kind !== 'interrupted') return delivered
  return endInterrupted(input.client, { failure: delivered.failure, usage: delivered.usage ?? resumption?.usage() })
}

/** Who asks first makes the call, and stays until it is over, for the others' sake and the books'. */
async function share(input: RelayInput, asked: Asked & { readonly shareKey: string }, ports: RelayPorts): Promise<Delivered> {
  const { client, cancel, record } = input
  const { flight: call, leader } = ports.calls.join(asked.shareKey, () => new SharedCall(client))
  const subscription = call.subscribe()
  try {
    const made = leader ? call.run(() => askToTheEnd({ ...input, client: call, cancel: call.cancel }, asked, ports)) : undefined
    if (!leader) record.cache = 'shared'
    const own = (): AnswerHeaders => ({
      ...(leader ? {} : { 'x-jairouter-cache': 'shared' }),
      ...asked.admission?.headers(ports.now()),
    })
    // Content rules may keep from this client what others are given.
    const given = await call
      .giveTo(client, { subscription, own, signal: cancel.signal })
      .catch((error: unknown): Delivered => ({ kind: 'failed', failure: failureOf(error) }))
    await made
    if (leader) record.usage = await call.usage()
    else if (given.kind === 'answered') return { ...given, usage: undefined }
    return given
  } finally {
    ports.calls.leave(asked.shareKey, call)
  }
}
