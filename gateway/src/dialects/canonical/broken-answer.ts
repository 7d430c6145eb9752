import { GatewayError } from '../../errors/gateway-error.ts'

/** What a client is told of an answer that can't be given to it. */

export function brokenOff(): GatewayError {
  return new GatewayError('stream_interrupted', 'The answer broke off before its end')
}

export function senselessCall(): GatewayError {
  return new GatewayError('upstream_protocol_error', 'The model called a tool in a way that makes no sense')
}

export function failedAnswer(): GatewayError {
  return new GatewayError('upstream_error', 'The model failed while it answered')
}
