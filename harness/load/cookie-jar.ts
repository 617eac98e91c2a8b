/**
 * The cookies of every client of the load, each told apart by its address, as a browser keeps them (RFC 6265): by name,
 * until they are set anew or taken back. Paths, domains and ages are passed over: the load has one host, and runs are short.
 */
export class CookieJar {
  readonly #cookies = new Map<string, Map<string, string>>();
  readonly #lines = new Map<string, string>();

  /** The line a client's request carries; empty where it has no cookies. */
  line(client: string): string {
    return this.#lines.get(client) ?? '';
  }

  /** Takes in the value of a Set-Cookie field; `Max-Age=0` takes the cookie back. */
  keep(client: string, setCookie: string): void {
    const [pair = '', ...attributes] = setCookie.split(';');
    const equals = pair.indexOf('=');
    if (equals <= 0) return;
    const name = pair.slice(0, equals).trim();
    let cookies = this.#cookies.get(client);
    if (cookies === undefined) {
      cookies = new Map();
      this.#cookies.set(client, cookies);
    }
    if (attributes.some((it) => /^\s*max-age=-?0*\s*$/i.test(it))) cookies.delete(name);
    else cookies.set(name, pair.slice(equals + 1).trim());
    const pairs = [...cookies].map(([key, value]) => `${key}=${value}`);
    this.#lines.set(client, pairs.length === 0 ? '' : `cookie: ${pairs.join('; ')}\r\n`);
  }
}
