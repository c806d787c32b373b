/**
 * epollsim/node: what needs Node. This file is the table of contents; docs/own-loop.md is the guide.
 *
 *     await simulateAsync(async (sys) => {
 *       const fd = await sys.accept4(listener, 0);
 *       server.emit('connection', socketStream(sys, fd));
 *       …
 *     });
 */

// ── Streams over simulated sockets and pipes ─────────────────────────────────────────────────────

export {
  type Done,
  type SocketError,
  SocketStream,
  type SocketStreamOptions,
  socketStream,
} from './stream.ts';
