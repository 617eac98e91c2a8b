/**
 * The PROXY protocol: a header before the first byte of a connection to a backend, which says who the client is. Without
 * it a backend behind layer 4 sees the balancer's address. HAProxy's specification, sections 2.1 (v1, a line) and 2.2 (v2).
 */
import { isIPv4, isIPv6, type Socket } from 'node:net';

export type ProxyProtocol = 'v1' | 'v2';

const signature = Buffer.from('0d0a0d0a000d0a515549540a', 'hex');
/** Version 2; LOCAL says nothing of the client, PROXY does. */
const local = 0x20;
const proxy = 0x21;

/** The ends of a connection, as the balancer sees them; addresses without IPv6's prefix for mapped ones. */
export interface Ends {
  readonly source: string;
  readonly sourcePort: number;
  readonly target: string;
  readonly targetPort: number;
}

/** An IPv4 client of a dual-stack listener is an IPv4 client. */
export function plainAddress(address: string | undefined): string {
  if (address === undefined) return '';
  return address.startsWith('::ffff:') ? address.slice(7) : address;
}

export function endsOf(socket: Socket): Ends {
  return {
    source: plainAddress(socket.remoteAddress),
    sourcePort: socket.remotePort ?? 0,
    target: plainAddress(socket.localAddress),
    targetPort: socket.localPort ?? 0,
  };
}

/** The header as bytes. A client whose address is not known any more is told of as such. */
export function proxyHeader(
  version: ProxyProtocol,
  { source, sourcePort, target, targetPort }: Ends,
): Buffer {
  const v4 = isIPv4(source) && isIPv4(target);
  const v6 = isIPv6(source) && isIPv6(target);
  if (version === 'v1') {
    if (!v4 && !v6) return Buffer.from('PROXY UNKNOWN\r\n');
    return Buffer.from(`PROXY ${v4 ? 'TCP4' : 'TCP6'} ${source} ${target} ${sourcePort} ${targetPort}\r\n`);
  }
  if (!v4 && !v6) return Buffer.concat([signature, Buffer.from([local, 0, 0, 0])]);
  const addresses = Buffer.concat([bytesOf(source), bytesOf(target), Buffer.alloc(4)]);
  addresses.writeUInt16BE(sourcePort, addresses.length - 4);
  addresses.writeUInt16BE(targetPort, addresses.length - 2);
  // Family and transport: TCP over IPv4 or IPv6; then how many bytes follow.
  return Buffer.concat([signature, Buffer.from([proxy, v4 ? 0x11 : 0x21, 0, addresses.length]), addresses]);
}

function bytesOf(address: string): Buffer {
  if (isIPv4(address)) return Buffer.from(address.split('.').map(Number));
  // A scope (`%eth0`) is nobody's business but this host's.
  const [head = '', tail] = address.replace(/%.*$/, '').split('::');
  const groups = (text: string) =>
    text === ''
      ? []
      : text.split(':').flatMap((it) => {
          if (isIPv4(it)) return [...bytesOf(it)];
          const group = Number.parseInt(it, 16);
          return [group >> 8, group & 0xff];
        });
  const before = groups(head);
  const after = groups(tail ?? '');
  return Buffer.from([...before, ...new Array(16 - before.length - after.length).fill(0), ...after]);
}
