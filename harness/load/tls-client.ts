/**
 * What a generator says in TLS handshakes with the balancer. Its certificate is not checked: who it is is known, and a
 * check would cost the generator and not the balancer. Without `resume` every connection shakes hands in full; with it,
 * all but the first bring the ticket that came last.
 */
import type { ConnectionOptions, TLSSocket } from 'node:tls';
import type { TlsLoad } from '../../scenarios/tls-settings.ts';

/** Where the scenario does not say. */
export const plainHandshakes: TlsLoad = { resume: false, maxVersion: 'TLSv1.3' };

export class TlsClient {
  /** To connect with, beside host and port. */
  readonly options: ConnectionOptions;
  readonly #resume: boolean;

  constructor({ resume, maxVersion, serverName }: TlsLoad) {
    this.#resume = resume;
    this.options = {
      rejectUnauthorized: false,
      ALPNProtocols: ['http/1.1'],
      maxVersion,
      ...(serverName === undefined ? {} : { servername: serverName }),
    };
  }

  /** Keeps what a connection is given to be resumed with. To be called as soon as it is being made. */
  watch(socket: TLSSocket): void {
    if (!this.#resume) return;
    socket.on('session', (session) => {
      this.options.session = session;
    });
  }
}
