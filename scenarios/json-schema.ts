/** The schemas as JSON Schema (draft 2020-12), for editors: what may be written, not what it becomes once read. */
import { z } from 'zod';
import { balancerFile } from './balancer-file.ts';
import { scenarioSchema } from './scenario.ts';

/** A plain object, ready to be written to a file that a scenario names in `# yaml-language-server: $schema=`. */
export function scenarioJsonSchema(): Record<string, unknown> {
  const { $schema, ...schema } = z.toJSONSchema(scenarioSchema, { io: 'input' });
  return {
    $schema,
    title: 'Steelyard scenario',
    description:
      'A fleet, a load, contenders and faults: everything a run of Steelyard is determined by, beside its seed.',
    ...schema,
  };
}

/** The same for a balancer's own file (`steelyard proxy --config`). */
export function balancerJsonSchema(): Record<string, unknown> {
  const { $schema, ...schema } = z.toJSONSchema(balancerFile, { io: 'input' });
  return {
    $schema,
    title: 'Steelyard balancer',
    description:
      'A stand-alone balancer: where it listens, its backends, its strategy, and what it does about failures.',
    ...schema,
  };
}
