/**
 * The process takes memory until the kernel lets it have no more, and dies of that. From outside it is a crash; what is recorded says
 * what it died of. The limit is of the container's memory on Docker, where the kernel kills it, and of the address space of a
 * plain process, which V8 ends when it is refused.
 */
import { defineHost } from './fault.ts';

export default defineHost({
  about: 'the process takes memory until the kernel ends it: a crash from outside',
  options: {
    room: {
      type: 'integer',
      default: 32,
      min: 8,
      max: 65_536,
      about: 'MiB that it may still take; at once in the simulator',
    },
  },
});
