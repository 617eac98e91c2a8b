/** What tests of the loader share: a few strategies to know of, and loading from text. */
import type { Known, KnownStrategy } from './contenders.ts';
import { type LoadedScenario, type LoadOptions, loadScenario } from './loader.ts';
import { type Problem, ScenarioError } from './problem.ts';

const plain: KnownStrategy = { options: {} };

export const known: Known = {
  strategies: new Map<string, KnownStrategy>([
    ['round-robin', plain],
    ['weighted-round-robin', plain],
    ['least-connections', plain],
    ['random', plain],
    [
      'p2c',
      {
        options: {
          choices: { type: 'integer', default: 2, min: 2, max: 16, about: 'how many are drawn' },
          ties: { type: 'choice', default: 'first', of: ['first', 'random'], about: 'who wins a tie' },
        },
      },
    ],
    ['p2c-peak-ewma', { options: { decay: { type: 'duration', default: 10_000, min: 1, about: 'memory' } } }],
    ['oracle', { options: {}, needs: 'simulator' }],
  ]),
};

export const load = (text: string, more: Partial<LoadOptions> = {}): LoadedScenario =>
  loadScenario({ file: 'test.yaml', text, known, ...more });

/** What is wrong with it; empty where nothing is. Any other error is thrown on. */
export function problemsOf(text: string, more: Partial<LoadOptions> = {}): readonly Problem[] {
  try {
    load(text, more);
    return [];
  } catch (error) {
    if (error instanceof ScenarioError) return error.problems;
    throw error;
  }
}
