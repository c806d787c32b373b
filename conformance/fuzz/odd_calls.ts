/** Every other call with arguments at and beyond the edges. */
import { type Action, anyItem, closeSome, type Weighted } from './actions.ts';
import type { Args } from './document.ts';
import { badFds, nonblocking, oddFd } from './odd.ts';

/** Those that sockets have in common, those of TCP, and one that nobody has. */
const options: readonly (string | number)[] = [
  'SO_REUSEADDR',
  'SO_REUSEPORT',
  'SO_RCVLOWAT',
  'SO_ERROR',
  'SO_KEEPALIVE',
  'SO_OOBINLINE',
  'SO_LINGER',
  'SO_TYPE',
  'SO_DOMAIN',
  'SO_PROTOCOL',
  'SO_ACCEPTCONN',
  'SO_BROADCAST',
  'SO_PRIORITY',
  'SO_SNDBUF',
  'SO_RCVBUF',
  'TCP_NODELAY',
  'TCP_CORK',
  'TCP_QUICKACK',
  999,
];

const oddSocket: Action = (world) => {
  const { random } = world;
  const domain = random.pick(['AF_INET', 'AF_UNIX', 0, -1, 99]);
  const type = random.pick([
    'SOCK_STREAM',
    'SOCK_DGRAM|SOCK_NONBLOCK',
    'SOCK_SEQPACKET',
    11,
    99,
    'SOCK_STREAM|0x100',
  ]);
  const protocol = random.pick([0, 0, 'IPPROTO_UDP', 'IPPROTO_TCP', 300, 1]);
  const isUdp =
    domain === 'AF_INET' &&
    `${type}`.includes('SOCK_DGRAM') &&
    (protocol === 0 || protocol === 'IPPROTO_UDP');
  // There is no UDP in the model, see docs/limits.md.
  if (!isUdp) world.step('socket', { domain, type, protocol });
};

export const oddCalls: Weighted = [
  [(w) => w.step('close', { fd: w.random.pick([-1, 999, 2000]) }), 3],
  [closeSome, 3],
  [(w) => w.step('dup', { fd: oddFd(w, 0.5) }, [w.name('d')]), 2],
  [
    (w) =>
      w.step('dup2', { fd: oddFd(w, 0.3), newfd: w.random.pick([1023, 1024, 50, 2000, 999, -1]) }, [
        w.name('d'),
      ]),
    2,
  ],
  [
    (w) => {
      const fd = oddFd(w, 0.3);
      const newfd = w.random.chance(0.3) ? fd : w.random.pick([50, 1023, -1, 1024]);
      w.step('dup3', { fd, newfd, flags: w.random.pick(['O_CLOEXEC', 1, 2048, 0]) });
    },
    3,
  ],
  [
    (w) =>
      w.step('fcntl', {
        fd: oddFd(w),
        cmd: 'F_DUPFD',
        arg: w.random.pick([1023, 100, 1024, -1, 0]),
      }),
    3,
  ],
  [(w) => w.step('fcntl', { fd: oddFd(w), cmd: w.random.pick(['F_GETFD', 'F_GETFL', 9999]) }), 3],
  [
    (w) =>
      w.step('ioctl', {
        fd: oddFd(w),
        request: w.random.pick(['FIONREAD', 'FIONREAD', 'FIONBIO']),
        arg: 1,
      }),
    2.5,
  ],
  [
    (w) =>
      w.step('shutdown', {
        fd: oddFd(w),
        how: w.random.pick([-1, 3, 'SHUT_RDWR', 'SHUT_RD', 'SHUT_WR']),
      }),
    3,
  ],
  [(w) => w.step('listen', { fd: oddFd(w), backlog: w.random.pick([-1, 5, 0]) }), 1.5],
  [(w) => w.step('bind', { fd: oddFd(w), port: w.random.pick([0, 4321, 4322]) }), 1.5],
  [
    (w) => {
      const fd = w.random.chance(0.3)
        ? w.random.pick(badFds)
        : `$${w.random.pick(nonblocking(w)).name}`;
      w.step('connect', { fd, to: { port: w.random.pick([9, 4321]) } });
    },
    2,
  ],
  [
    (w) => {
      const fd = w.random.chance(0.3)
        ? w.random.pick(badFds)
        : `$${w.random.pick(nonblocking(w)).name}`;
      w.step('accept4', {
        fd,
        flags: w.random.pick([0, 0, 'SOCK_NONBLOCK', 'SOCK_NONBLOCK', 1, 'SOCK_NONBLOCK|4']),
      });
    },
    2.5,
  ],
  [
    (w) => {
      const fd = w.random.chance(0.2)
        ? w.random.pick([-1, 999, 2000])
        : `$${w.random.pick(nonblocking(w)).name}`;
      w.step('read', { fd, len: w.random.pick([4, 4, 7, 8, 64, 0, 1]) });
    },
    3,
  ],
  [
    (w) =>
      w.step('recv', {
        fd: oddFd(w),
        len: w.random.pick([8, 0, 1]),
        flags: w.random.pick(['MSG_OOB|MSG_DONTWAIT', 'MSG_DONTWAIT', 'MSG_PEEK|MSG_DONTWAIT']),
      }),
    2,
  ],
  [
    (w) =>
      w.step('send', {
        fd: oddFd(w),
        data: w.random.pick(['x', 'x', '']),
        flags: w.random.pick(['MSG_OOB|MSG_DONTWAIT', 'MSG_DONTWAIT']),
      }),
    2,
  ],
  [
    (w) => {
      const fd = `$${w.random.pick(nonblocking(w)).name}`;
      const what: Args = w.random.chance(0.6)
        ? { value: w.random.pick(['1', '0', '18446744073709551615', '18446744073709551614']) }
        : { data: w.random.pick(['x', 'short', '', 'longer than 8']) };
      w.step('write', { fd, ...what });
    },
    4,
  ],
  [
    (w) =>
      w.step('setsockopt', {
        fd: oddFd(w),
        level: w.random.pick(['SOL_SOCKET', 'SOL_SOCKET', 'IPPROTO_TCP', 99]),
        name: w.random.pick(options),
        value: w.random.pick([1, 1, 0, -1, 5, 2147483647, -2147483648]),
      }),
    3,
  ],
  [
    (w) =>
      w.step('getsockopt', {
        fd: oddFd(w),
        level: w.random.pick(['SOL_SOCKET', 'SOL_SOCKET', 'IPPROTO_TCP', 99]),
        name: w.random.pick(['SO_ERROR', 'SO_ERROR', ...options]),
      }),
    3.5,
  ],
  [oddSocket, 3],
  [
    (w) =>
      w.step('socketpair', {
        domain: w.random.pick(['AF_UNIX', 'AF_INET', 99]),
        type: w.random.pick([9, 'SOCK_STREAM', 'SOCK_STREAM|0x1000', 'SOCK_DGRAM']),
      }),
    1.5,
  ],
  [(w) => w.step('pipe2', { flags: w.random.pick([-1, 2, 'O_NONBLOCK|1', 'O_CLOEXEC']) }), 1.5],
  [
    (w) =>
      w.step('eventfd2', {
        initval: w.random.pick([0, 1]),
        flags: w.random.pick([2, -1, 'EFD_NONBLOCK|4', 'EFD_CLOEXEC']),
      }),
    2,
  ],
  [(w) => w.step('epoll_create1', { flags: w.random.pick([2048, -1, 'EPOLL_CLOEXEC', 1]) }), 1.5],
  [(w) => w.step('epoll_create', { size: w.random.pick([0, -1, -2147483648, 1]) }), 1.5],
  [
    (w) =>
      w.step('timerfd_create', {
        clock: w.random.pick([99, -1, 6, 7, 4, 8]),
        flags: w.random.pick([0, 1, 'TFD_NONBLOCK']),
      }),
    2,
  ],
  [
    (w) =>
      w.step('timerfd_settime', {
        fd: oddFd(w, 0.4),
        flags: w.random.pick([0, -1, 4, 8]),
        value_ms: w.random.pick([0, -1, 100000]),
        interval_ms: w.random.pick([0, 100000, -1]),
      }),
    4,
  ],
  [(w) => w.poll(0), 2],
  [(w) => w.step('poll', { fds: [], timeout: 0 }), 0.7],
  [(w) => w.select(w.random.chance(0.3) ? -1 : 0), 2],
  [
    (w) =>
      w.step('select', {
        read: [`$${anyItem(w).name}`],
        write: [w.random.pick([999, 0, 1023])],
        except: [],
        timeout: 0,
      }),
    1,
  ],
  [
    (w) =>
      w.step('tgkill', {
        thread: 'main',
        signal: w.random.pick<string | number>([99, -1, 65, 0, 'SIGUSR1']),
      }),
    2,
  ],
];
