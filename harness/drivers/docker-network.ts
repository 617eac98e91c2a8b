/**
 * A network of its own for every fleet, with fixed addresses, so that a backend keeps its address through crash,
 * stop and vanish. Docker gives out fixed addresses only in a subnet named by us, so a free one is sought; two runs at
 * once may seek the same, and the daemon, which refuses overlaps, decides.
 */

import { readFileSync } from 'node:fs';
import { BlockList } from 'node:net';
import { networkInterfaces } from 'node:os';
import { labelsOf } from '../ownership.ts';
import { removeNetwork, runtimeClient } from './docker-client.ts';
import type { RunLabel } from './driver.ts';

export interface FleetNetwork {
  readonly id: string;
  readonly name: string;
  /** Address of the i-th backend, from 0. */
  address(i: number): string;
  remove(): Promise<void>;
}

/** A Linux bridge has 1024 ports, one of them the host's. */
export const mostBackends = 1000;
/** Addresses below are the gateway's and spare. */
const firstHost = 10;
/** 10.213.0.0/16, far from Docker's own pools (172.17-31, 192.168): 64 subnets of 1022 addresses. */
const subnets = 64;

/** Makes the network. Internal: the host reaches the backends, they reach nothing beyond each other. */
export async function createNetwork(run: RunLabel, name: string): Promise<FleetNetwork> {
  const { network } = await runtimeClient();
  const taken = localNetworks();
  const start = Math.floor(Math.random() * subnets);
  for (let i = 0; i < subnets; i++) {
    const third = ((start + i) % subnets) * 4;
    if (taken.check(`10.213.${third}.1`)) continue;
    try {
      const { id } = await network.create({
        Name: name,
        CheckDuplicate: true,
        Driver: 'bridge',
        Internal: true,
        EnableIPv6: false,
        IPAM: {
          Driver: 'default',
          Config: [{ Subnet: `10.213.${third}.0/22`, Gateway: `10.213.${third}.1` }],
        },
        Labels: labelsOf(run),
      });
      const address = (n: number) => {
        const host = firstHost + n;
        return `10.213.${third + (host >> 8)}.${host & 255}`;
      };
      return { id, name, address, remove: () => removeNetwork(id) };
    } catch (error) {
      if (!/overlaps/.test((error as Error).message)) throw error;
    }
  }
  throw new Error(
    `no free subnet in 10.213.0.0/16 for the backends' network; "steelyard clean" removes dead runs'`,
  );
}

/** Where this host already sends packets: its interfaces and, on Linux, its routes (a VPN's, say), default route aside. */
function localNetworks(): BlockList {
  const list = new BlockList();
  for (const it of Object.values(networkInterfaces()).flatMap((all) => all ?? []))
    if (it.family === 'IPv4' && it.cidr !== null) list.addSubnet(it.address, Number(it.cidr.split('/')[1]));
  if (process.platform !== 'linux') return list;
  for (const line of readFileSync('/proc/net/route', 'utf8').trim().split('\n').slice(1)) {
    const [, destination, , , , , , mask] = line.split('\t');
    const prefix = [...Number.parseInt(mask!, 16).toString(2)].filter((bit) => bit === '1').length;
    if (prefix > 0) list.addSubnet(fromHex(destination!), prefix);
  }
  return list;
}

/** /proc/net/route writes addresses as little-endian hexadecimal. */
function fromHex(hex: string): string {
  return [...Buffer.from(hex, 'hex')].reverse().join('.');
}
