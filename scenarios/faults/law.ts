/**
 * Service times follow another law for a while: times that were measured then, each equally likely, as in
 * `service-times/empirical.ts`. For a change that no factor describes, such as the bad quarter of an hour in an access log.
 * A request keeps its quantile, so who was slow before is slow still; health checks are not work and stay fast.
 */
import empirical from '../service-times/empirical.ts';
import { defineService, pass } from './fault.ts';

export default defineService({
  about: 'service takes other times, faster or slower, measured ones; health checks do not see it',
  options: {
    times: { type: 'durations', about: 'measured service times, in any order; repeat one to weigh it' },
  },
  create: ({ times }) => {
    const law = empirical.create({ times });
    return ({ service, quantile, healthCheck }) =>
      healthCheck ? pass : { kind: 'delay', ms: law.at(quantile) - service };
  },
});
