import { StringDecoder } from 'node:string_decoder'
import { Findings } from '../content/findings.ts'
import type { RuleSet } from '../content/rule-set.ts'
import { StreamMasker } from '../content/stream-masker.ts'
import { mayHoldText } from '../content/structural-fields.ts'
import type { Upload } from '../endpoints/call.ts'
import { boundaryOf, createMultipartScanner, type PartRewrite } from '../lib/multipart-scanner.ts'
import { blockedBy } from './content-blocked.ts'

/** Parts that may stand in a body as often as they like: that was looked at when it came in. */
const ANY: ReadonlySet<string> = new Set()
const NO_FIELD = ''

/** A multipart body whose texts, parts without a file's name, are gone through while it is sent. */
export class GuardedUpload implements Upload {
  readonly #upload: Upload
  readonly #rules: RuleSet
  readonly #findings: Findings
  #opened = false

  constructor(upload: Upload, rules: RuleSet, findings: Findings) {
    this.#upload = upload
    this.#rules = rules
    this.#findings = findings
  }

  get fields(): ReadonlyMap<string, string> {
    return this.#upload.fields
  }

  get contentType(): string {
    return this.#upload.contentType
  }

  get replayable(): boolean {
    return this.#upload.replayable
  }

  /** Its length is not known before all of it has gone through the rules. What is found counts once, however often it is sent. */
  open(model: string): { body: AsyncIterable<Buffer>; length: undefined } {
    const findings = this.#opened ? new Findings() : this.#findings
    this.#opened = true
    return { body: this.#guarded(this.#upload.open(model).body, findings), length: undefined }
  }

  async *#guarded(body: AsyncIterable<Buffer>, findings: Findings): AsyncGenerator<Buffer> {
    const scanner = createMultipartScanner({
      boundary: boundaryOf(this.contentType) ?? '',
      replace: NO_FIELD,
      unique: ANY,
      rewrite: (name) => (mayHoldText('', [name]) ? this.#rewrite(findings) : undefined),
    })
    for await (const chunk of body) {
      for (const piece of scanner.push(chunk)) if (Buffer.isBuffer(piece)) yield piece
    }
    for (const piece of scanner.end()) if (Buffer.isBuffer(piece)) yield piece
  }

  #rewrite(findings: Findings): PartRewrite {
    const decoder = new StringDecoder('utf8')
    const masker = new StreamMasker(this.#rules, findings)
    const checked = (text: string): Buffer => {
      if (findings.blockedBy !== undefined) throw blockedBy(findings.blockedBy, 'request')
      return Buffer.from(text)
    }
    return {
      push: (bytes) => checked(masker.push(decoder.write(bytes))),
      end: () => checked(masker.push(decoder.end()) + masker.end()),
    }
  }
}
