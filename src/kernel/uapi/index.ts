/** Every constant that a program of the model can name, with the values of Linux on x86-64. */

export * from './errno.ts';
export * from './errqueue.ts';
export * from './eventfd.ts';
export * from './eventpoll.ts';
export * from './fcntl.ts';
export * from './fs.ts';
export * from './icmp.ts';
export * from './in.ts';
export * from './inotify.ts';
export * from './ioctls.ts';
export * from './pidfd.ts';
export * from './pipe.ts';
export * from './poll.ts';
export * from './random.ts';
export * from './resource.ts';
export * from './sched.ts';
export * from './signal.ts';
export * from './signalfd.ts';
export * from './socket.ts';
export * from './sockios.ts';
export * from './stat.ts';
export * from './tcp.ts';
export * from './time.ts';
export * from './timerfd.ts';
export * from './udp.ts';
export * from './wait.ts';
