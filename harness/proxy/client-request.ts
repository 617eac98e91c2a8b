/** What the dispatcher is told of a client's request. One object per connection, filled anew for each of its requests. */
import type { DispatchRequest } from '../dispatch.ts';
import type { Client } from './client.ts';

export class ClientRequest implements DispatchRequest {
  number = -1;
  key = '';
  client = '';
  region: string | undefined = undefined;
  idempotent = false;

  /** Takes in the request whose head the client has just read. */
  take({ head, trusted, who }: Client, keyIsClient: boolean): void {
    this.number = head.number;
    this.client = who;
    this.region = trusted ? head.region : undefined;
    this.key = keyIsClient ? this.client : head.key;
    this.idempotent = head.idempotent;
  }
}
