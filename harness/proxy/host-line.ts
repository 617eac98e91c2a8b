/** HTTP/1.0 may leave Host out, HTTP/1.1 may not: the address the client spoke to. */
import type { Socket } from 'node:net';

export function hostLine({ localAddress = '', localPort = 0 }: Socket): string {
  return `Host: ${localAddress.includes(':') ? `[${localAddress}]` : localAddress}:${localPort}\r\n`;
}
