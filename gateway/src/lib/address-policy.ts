import { addressKindOf } from './public-address.ts'

/** Where connections may lead. What is forbidden (`AddressKind`) is so under every policy. */
export interface AddressPolicy {
  /** Addresses of this machine and of networks that are not the public internet, too. */
  readonly privateAddresses: boolean
}

/** Whether a connection may be made to this address, which is one and not a name. */
export function isAllowedAddress(address: string, { privateAddresses }: AddressPolicy): boolean {
  const kind = addressKindOf(address)
  return kind === 'public' || (kind === 'private' && privateAddresses)
}
