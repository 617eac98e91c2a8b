/** The closed-loop generator: a process of its own. Settings and messages are in `generator.ts`, the sending in `closed-sender.ts`. */
import { serve } from '../role.ts';
import { createClosedSender } from './closed-sender.ts';
import type { FromGenerator, GeneratorSettings, ToGenerator } from './generator.ts';
import { generator } from './session.ts';

serve<GeneratorSettings, ToGenerator, FromGenerator>(generator(createClosedSender));
