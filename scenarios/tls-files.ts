/** The files that a `tls` section names: where they are, and a finding for each that is not there. Pure; `find` looks. */
import type { BalancerSettings } from './balancer-settings.ts';
import type { Finding } from './problem.ts';
import { show } from './show.ts';

/** The absolute path of a file that is there. */
export type FindFile = (path: string) => string | undefined;

/** The settings with absolute paths. Paths of findings begin within the `balancer` section. */
export function withTlsFiles(
  balancer: BalancerSettings,
  find: FindFile,
): { value: BalancerSettings; findings: Finding[] } {
  const { tls } = balancer;
  if (tls === false) return { value: balancer, findings: [] };
  const findings: Finding[] = [];
  const found = (path: string, at: Finding['path']) => {
    const file = find(path);
    if (file === undefined)
      findings.push({ path: at, message: `expected a PEM file that is there, got ${show(path)}` });
    return file ?? path;
  };
  const both = ({ cert, key }: { cert: string; key: string }, at: Finding['path']) => ({
    cert: found(cert, [...at, 'cert']),
    key: found(key, [...at, 'key']),
  });
  const { cert, key } = tls;
  const own = cert === undefined || key === undefined ? {} : both({ cert, key }, ['tls']);
  const sni = Object.fromEntries(
    Object.entries(tls.sni).map(([name, it]) => [name, both(it, ['tls', 'sni', name])]),
  );
  return { value: { ...balancer, tls: { ...tls, ...own, sni } }, findings };
}
