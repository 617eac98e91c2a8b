/** Containers as testcontainers starts them, with what it has no words for: a fixed address, no privilege, our own waiting. */
import { GenericContainer, PullPolicy, type WaitStrategy } from 'testcontainers';

/** A container that may do nothing but what its process does, at an address of ours. */
export class Contained extends GenericContainer {
  constructor(image: string) {
    super(image);
    this.withAutoCleanup(false).withPullPolicy(PullPolicy.neverPull());
    this.hostConfig.CapDrop = ['ALL'];
    this.hostConfig.SecurityOpt = ['no-new-privileges'];
    this.hostConfig.ReadonlyRootfs = true;
  }

  at(network: string, IPv4Address: string): this {
    this.createOpts.NetworkingConfig = { EndpointsConfig: { [network]: { IPAMConfig: { IPv4Address } } } };
    return this.withNetworkMode(network);
  }
}

/** A container of an image that is not ours, with the privileges that Docker gives and the image expects. */
export class Visiting extends GenericContainer {
  constructor(image: string) {
    super(image);
    this.withAutoCleanup(false).withPullPolicy(PullPolicy.neverPull());
  }
}

/** testcontainers' own port check looks for published ports, and there are none. */
export function waiting(until: (containerId: string) => Promise<void>): WaitStrategy {
  const strategy: WaitStrategy = {
    waitUntilReady: (container) => until(container.id),
    withStartupTimeout: () => strategy,
    isStartupTimeoutSet: () => true,
    getStartupTimeout: () => 0,
  };
  return strategy;
}
