import type { Body, Stored } from '../../store/port.ts'
import { auditWrite } from '../audit/audit-entry.ts'
import { itemFor, tagOf, type ChangeTerms } from './change-request.ts'
import { AccessProblem } from './access-problem.ts'
import type { Change, Followed } from './followed.ts'

export interface DocumentDeskOptions<Content> {
  readonly items: Followed<Content>
  /** `team`: for messages and the audit. */
  readonly noun: string
  /** The collection's: `teams`, for the audit. */
  readonly collection: string
  /** Epoch milliseconds. */
  readonly wallClock: () => number
  readonly toBody: (content: Content) => Body
}

export interface Changed<Content> {
  readonly item: Pick<Stored<Content>, 'id' | 'body'>
  readonly tag: string
}

/** Where documents of a collection are made, changed and removed. What is fulfilled is stored, audited and in force. */
export class DocumentDesk<Content> {
  readonly #options: DocumentDeskOptions<Content>

  constructor(options: DocumentDeskOptions<Content>) {
    this.#options = options
  }

  get(id: string): Stored<Content> {
    return itemFor(this.#options.items.items, { id, noun: this.#options.noun })
  }

  async create(id: string, content: Content, request: ChangeTerms): Promise<Changed<Content>> {
    const { items, noun, toBody } = this.#options
    const revision = await this.#change(request, () => {
      if (items.items.has(id)) throw new AccessProblem('already_exists', `There is a ${noun} "${id}" already`)
      return { put: [{ id, body: toBody(content) }], also: [this.#audit(request, 'create', { id, after: content })] }
    })
    return { item: { id, body: content }, tag: tagOf({ revision }) }
  }

  /** `change` throws to refuse. */
  async update(id: string, change: (before: Content) => Content, request: ChangeTerms): Promise<Changed<Content>> {
    const { items, noun, toBody } = this.#options
    const { revision, result: body } = await this.#changeTo(request, () => {
      const before = itemFor(items.items, { id, noun }, request).body
      const after = change(before)
      return {
        change: { put: [{ id, body: toBody(after) }], also: [this.#audit(request, 'update', { id, before, after })] },
        result: after,
      }
    })
    return { item: { id, body }, tag: tagOf({ revision }) }
  }

  /** `also`: what goes with it; throws to refuse. */
  async remove(id: string, request: ChangeTerms, also: () => Change['also'] = () => []): Promise<void> {
    const { items, noun } = this.#options
    await this.#change(request, () => {
      const before = itemFor(items.items, { id, noun }, request).body
      return { remove: [id], also: [...also(), this.#audit(request, 'delete', { id, before })] }
    })
  }

  async #change(request: ChangeTerms, decide: () => Change): Promise<number> {
    return (await this.#changeTo(request, () => ({ change: decide(), result: undefined }))).revision
  }

  /** Revision 0 where nothing was written. */
  #changeTo<Result>(
    { dryRun }: ChangeTerms,
    decide: () => { readonly change: Change; readonly result: Result },
  ): Promise<{ readonly revision: number; readonly result: Result }> {
    if (dryRun !== true) return this.#options.items.change(decide)
    return Promise.resolve({ revision: 0, result: decide().result })
  }

  #audit(
    { origin }: ChangeTerms,
    verb: string,
    { id, before, after }: { readonly id: string; readonly before?: Content; readonly after?: Content },
  ) {
    const { noun, collection, wallClock } = this.#options
    return auditWrite(origin, {
      action: `${noun}.${verb}`,
      target: `${collection}/${id}`,
      result: 'ok',
      ...(before === undefined ? {} : { before }),
      ...(after === undefined ? {} : { after }),
      time: wallClock(),
    })
  }
}
