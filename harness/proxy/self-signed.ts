/**
 * A certificate made on the spot, for benchmarks and trials: nobody is to trust it. Its key is ECDSA on P-256, which is
 * what a handshake costs least with among those that every client takes.
 */
import { isIP } from 'node:net';

/** What a client on the same machine may call it. */
const local = ['localhost', '127.0.0.1', '::1'];
/** Days. Browsers refuse a longer life (CA/Browser Forum: 47 days from 2029). */
const life = 47;

/** PEM texts of a certificate for these names and addresses, and of its key. */
export async function selfSigned(names: readonly string[] = local): Promise<{ cert: string; key: string }> {
  // Loaded here: only who asks for it pays the 80 ms that this costs.
  const { generate } = await import('selfsigned');
  const from = Date.now() - 60_000;
  const { cert, private: key } = await generate([{ name: 'commonName', value: 'steelyard' }], {
    keyType: 'ec',
    curve: 'P-256',
    algorithm: 'sha256',
    notBeforeDate: new Date(from),
    notAfterDate: new Date(from + life * 86_400_000),
    extensions: [
      { name: 'basicConstraints', cA: false, critical: true },
      { name: 'keyUsage', digitalSignature: true, critical: true },
      { name: 'extKeyUsage', serverAuth: true },
      {
        name: 'subjectAltName',
        altNames: names.map((it) => (isIP(it) ? { type: 7, ip: it } : { type: 2, value: it })),
      },
    ],
  });
  return { cert, key };
}
