/** The process is stopped, its sockets stay open: the kernel accepts connections and takes bytes, nothing answers. */
import { defineHost } from './fault.ts';

export default defineHost({ about: 'process stopped, sockets open: accepts and never answers', options: {} });
