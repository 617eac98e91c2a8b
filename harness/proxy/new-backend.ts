/** A backend as somebody asks for it at the side door: by URL or by host and port. Zod checks it and fills in the rest. */
import { z } from 'zod';
import type { ProxyBackend } from './settings.ts';

/** The pool gives it its index. */
export type NewBackend = Omit<ProxyBackend, 'index'>;

const address = z
  .url({ protocol: /^http$/, error: 'expected an http:// URL with host and port' })
  .transform((text) => new URL(text))
  .refine((url) => url.pathname === '/' && !url.search && !url.username, {
    message: 'expected a URL of host and port only',
  });

export const newBackend = z
  .strictObject({
    id: z
      .string()
      .regex(/^[a-z0-9][a-z0-9._-]{0,63}$/, 'expected a name: a-z 0-9 . _ -, at most 64 characters'),
    url: address.optional(),
    host: z.string().min(1).max(253).optional(),
    port: z.int().min(1).max(65_535).optional(),
    weight: z.number().positive().max(1_000_000).default(1),
    zone: z.string().max(64).optional(),
  })
  .refine((it) => (it.url ? !it.host && !it.port : it.host && it.port), {
    message: 'expected either url, or host and port',
  })
  .transform(
    ({ id, url, host, port, weight, zone }): NewBackend => ({
      id,
      // A URL writes an IPv6 address in brackets; a socket wants it bare.
      host: url ? url.hostname.replace(/^\[|\]$/g, '') : host!,
      port: url ? Number(url.port || 80) : port!,
      weight,
      ...(zone === undefined ? {} : { zone }),
    }),
  );
