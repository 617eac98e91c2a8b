/**
 * The black hole: health checks pass, requests fail, and fast. To a strategy that looks at load alone the backend seems
 * the least busy of all and draws ever more traffic. Seen as ingress-nginx#9882, linkerd2-proxy#4537, traefik#5827.
 */
import error from './error.ts';
import { defineService, pass } from './fault.ts';

export default defineService({
  about: 'health checks pass, requests fail at once: the black hole',
  options: error.options,
  create: (values) => {
    const judge = error.create(values);
    return (victim) => (victim.healthCheck ? pass : judge(victim));
  },
});
