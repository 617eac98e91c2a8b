/** TLS between clients and the balancer: what it presents and insists on, and what clients do. Backends are spoken to in clear. */
import { z } from 'zod';
import { positiveDuration } from './units.ts';

const file = z.string().min(1).max(4000);
const certificate = z.strictObject({
  cert: file.describe("PEM file: the certificate, then its chain; from the file's folder"),
  key: file.describe('PEM file of its private key'),
});

const serverName = z
  .string()
  .regex(
    /^(\*\.)?[a-z0-9-]{1,63}(\.[a-z0-9-]{1,63}){0,20}$/,
    'expected a name such as example.com or *.example.com',
  );

export const tls = z
  .union([
    z.literal(false),
    z
      .strictObject({
        cert: certificate.shape.cert.optional(),
        key: certificate.shape.key.optional(),
        selfSigned: z
          .union([z.literal(true), z.array(z.string().min(1).max(253)).min(1).max(100)])
          .optional()
          .describe(
            'instead of cert and key: one made on the spot, for localhost or for these names and addresses',
          ),
        sni: z
          .record(serverName, certificate)
          .default({})
          .describe('other certificates, by the name that a client asks for'),
        minVersion: z.enum(['TLSv1.2', 'TLSv1.3']).default('TLSv1.2').describe('nothing older is spoken'),
        // As long as a client may take for a request's head (proxy/limits.ts).
        handshakeTimeout: positiveDuration.prefault('10s').describe('then the connection is closed'),
      })
      .superRefine(({ cert, key, selfSigned }, context) => {
        const files = cert !== undefined || key !== undefined;
        const issue = (path: string[], message: string) =>
          context.addIssue({ code: 'custom', path, message });
        if (files && selfSigned !== undefined)
          issue(['selfSigned'], 'expected cert and key, or selfSigned, got both; remove one of them');
        else if (!files && selfSigned === undefined)
          issue([], 'expected cert and key, or selfSigned: true, got neither');
        else if (files && (cert === undefined || key === undefined))
          issue([], `expected cert and key, got ${cert === undefined ? 'key' : 'cert'} alone`);
      }),
  ])
  .default(false)
  .describe('TLS with clients is ended here');

export type TlsSettings = Exclude<z.output<typeof tls>, false>;

/** How the load speaks TLS, where the contender's balancer does. */
export const tlsLoad = z
  .union([
    z.literal(true),
    z.strictObject({
      resume: z.boolean().default(false).describe('connections after the first bring a ticket'),
      maxVersion: z.enum(['TLSv1.2', 'TLSv1.3']).default('TLSv1.3'),
      serverName: serverName.optional().describe('name asked for (SNI); none unless given'),
    }),
  ])
  .transform((it) => (it === true ? { resume: false, maxVersion: 'TLSv1.3' as const } : it))
  .optional()
  .describe('handshakes with balancers that have balancer.tls; clear to those that have not');

export type TlsLoad = NonNullable<z.output<typeof tlsLoad>>;

/** Round trips of a handshake beyond TCP's own; 0 in clear. RFC 8446: one; RFC 5246: two, and one where a session is resumed. */
export function handshakeTrips(settings: z.output<typeof tls>, load: TlsLoad | undefined): number {
  if (settings === false) return 0;
  return load?.maxVersion === 'TLSv1.2' && !load.resume ? 2 : 1;
}
