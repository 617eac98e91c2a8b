/**
 * The network between the balancer and the backend is cut, while the harness still reaches it: connections that stand fall silent, new ones
 * time out, and the process knows of nothing. In one direction, what the balancer sends is lost (`in`), or what the backend answers
 * (`out`): then work is done that nobody hears of. No handshake gets through in any of them, as each takes both ways.
 */
import { defineHost } from './fault.ts';

export default defineHost({
  about: 'cut off from the balancer, while the process is well: silence',
  options: {
    direction: {
      type: 'choice',
      default: 'both',
      of: ['both', 'in', 'out'],
      about: 'what is lost: what the balancer sends (in), what the backend sends (out), or both',
    },
  },
});
