/** Whose word is taken for whose request it is: peers in the ranges trusted, and the chain of X-Forwarded-For they bring. */
import { BlockList, isIP } from 'node:net';

export class Trust {
  /** Whether trusted peers may bring an X-Forwarded-For. */
  readonly chains: boolean;
  readonly #ranges = new BlockList();

  /** Without ranges loopback is trusted with our own fields, and nobody with a chain. */
  constructor(ranges: readonly string[] | undefined) {
    this.chains = ranges !== undefined;
    for (const range of ranges ?? ['127.0.0.0/8', '::1']) {
      const [address = '', bits] = range.split('/');
      const family = isIP(address) === 6 ? 'ipv6' : 'ipv4';
      if (bits === undefined) this.#ranges.addAddress(address, family);
      else this.#ranges.addSubnet(address, Number(bits), family);
    }
  }

  /** `address` without the prefix of a mapped IPv4 address. */
  includes(address: string): boolean {
    const family = isIP(address);
    return family !== 0 && this.#ranges.check(address, family === 6 ? 'ipv6' : 'ipv4');
  }

  /** The client in a chain that a trusted peer brought: the last address that is not one of our own; undefined where there is none. */
  clientIn(chain: string): string | undefined {
    const addresses = chain.split(',').map((it) => it.trim());
    for (let i = addresses.length - 1; i >= 0; i--) {
      const address = addresses[i]!;
      // What nobody can check ends the chain: whatever stands before it was not said by one of ours.
      if (isIP(address) === 0) return addresses[i + 1];
      if (!this.includes(address) || i === 0) return address;
    }
    return undefined;
  }
}
