/** The open-loop generator: a process of its own. Settings and messages are in `generator.ts`, the sending in `open-sender.ts`. */
import { serve } from '../role.ts';
import type { FromGenerator, GeneratorSettings, ToGenerator } from './generator.ts';
import { createOpenSender } from './open-sender.ts';
import { generator } from './session.ts';

serve<GeneratorSettings, ToGenerator, FromGenerator>(generator(createOpenSender));
