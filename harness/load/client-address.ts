/**
 * At layer 4 a client is the address its connection comes from, and all clients of one machine would be one. Linux takes
 * all of 127.0.0.0/8 for its own, so a connection there can come from an address that stands for that of a client: the
 * client whose request opened it, whoever uses it later.
 */
import { isIPv4 } from 'node:net';

/** Whether this machine has such addresses. */
export const hasClientAddresses = process.platform === 'linux';

/** The loopback address that stands for a client's: 127.1.2.3 for 10.1.2.3. Different clients may share one, rarely. */
export function loopbackAddress(client: string): string {
  let number = 0;
  if (isIPv4(client)) for (const octet of client.split('.')) number = (number << 8) | Number(octet);
  else for (let i = 0; i < client.length; i++) number = (Math.imul(number, 31) + client.charCodeAt(i)) | 0;
  number &= 0xff_ffff;
  // The network's own address and that of all its hosts are nobody's.
  if (number === 0 || number === 0xff_ffff) number = 1;
  return `127.${number >>> 16}.${(number >>> 8) & 255}.${number & 255}`;
}
