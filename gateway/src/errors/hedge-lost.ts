/** The reason of an abort because another call to another instance began to answer first. */
export class HedgeLost extends Error {
  constructor() {
    super('another instance answered first')
    this.name = 'HedgeLost'
  }
}
