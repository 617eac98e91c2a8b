/** The process is gone and its host is still up: connections break, new ones are refused at once. */
import { defineHost } from './fault.ts';

export default defineHost({ about: 'process gone, host up: connections refused at once', options: {} });
