/** The calls on sockets as lines of C. */
import * as names from '../../kernel/uapi/names.ts';
import { MSG_NOSIGNAL, SO_ERROR, SO_LINGER, SOL_SOCKET } from '../../kernel/uapi/socket.ts';
import type { Target } from '../../scenario/kinds.ts';
import type { SocketStep } from '../../scenario/perform_socket.ts';
import type { StepOf } from '../../scenario/scenario.ts';
import { payload } from './calls.ts';
import * as words from './words.ts';
import { int, spaced } from './words.ts';
import type { Lines, Writer } from './writer.ts';

export function socketLines(step: SocketStep, at: Writer): Lines {
  switch (step.call) {
    case 'socket': {
      const { domain, type, protocol } = step.args;
      const given = `${names.addressFamily(domain)}, ${spaced(names.socketType(type))}`;
      return at.opening(step, `socket(${given}, ${protocolName(protocol)})`);
    }
    case 'socketpair': {
      const { domain, type } = step.args;
      const given = `${names.addressFamily(domain)}, ${spaced(names.socketType(type))}`;
      return at.openingTwo(step, `socketpair(${given}, 0, fds)`);
    }
    case 'bind': {
      const { fd, port, path } = step.args;
      const address = path === undefined ? inet(port ?? 0) : unix(path);
      return [...address.lines, '', `show_ret(bind(${at.fd(fd)}, ${address.given}));`];
    }
    case 'listen':
      return [`show_ret(listen(${at.fd(step.args.fd)}, ${int(step.args.backlog)}));`];
    case 'connect': {
      const address = targetOf(step.args.to, at);
      return [...address.lines, '', `show_ret(connect(${at.fd(step.args.fd)}, ${address.given}));`];
    }
    case 'accept4': {
      const flags = spaced(names.socketFlags(step.args.flags));
      return at.opening(step, `accept4(${at.fd(step.args.fd)}, NULL, NULL, ${flags})`);
    }
    case 'shutdown':
      return [`show_ret(shutdown(${at.fd(step.args.fd)}, ${names.shutdownHow(step.args.how)}));`];
    case 'setsockopt':
      return setsockopt(step, at);
    case 'getsockopt':
      return getsockopt(step, at);
    case 'getsockname':
    case 'getpeername':
      return [
        'union address name = { 0 };',
        'socklen_t length = sizeof(name);',
        `int ret = ${step.call}(${at.fd(step.args.fd)}, &name.sa, &length);`,
        '',
        'show_address(ret, &name, length);',
      ];
    case 'send':
    case 'sendto':
      return send(step, at);
    case 'recv':
    case 'recvfrom':
      return receive(step, at);
    case 'sendmsg':
      return sendmsg(step, at);
    case 'recvmsg':
      return recvmsg(step, at);
  }
}

const protocolName = (protocol: number): string =>
  protocol === 0 ? '0' : names.ipProtocol(protocol);

/** An address that a call takes: what is declared for it, and its two arguments. */
interface Address {
  readonly lines: Lines;
  readonly pointer: string;
  readonly size: string;
  readonly given: string;
}

const addressAt = (lines: Lines, pointer: string, size: string): Address => ({
  lines,
  pointer,
  size,
  given: `${pointer}, ${size}`,
});

const inet = (port: number): Address =>
  addressAt(
    [
      'struct sockaddr_in to = {',
      '\t.sin_family = AF_INET,',
      `\t.sin_port = htons(${port}),`,
      '\t.sin_addr.s_addr = htonl(INADDR_LOOPBACK),',
      '};',
    ],
    '(struct sockaddr *)&to',
    'sizeof(to)',
  );

/** An abstract name is as long as it is; a path ends with a zero. */
function unix(path: string): Address {
  const isAbstract = path.startsWith('@');
  const name = isAbstract ? `"\\000${path.slice(1)}"` : words.literal(path);
  const length = isAbstract ? path.length : path.length + 1;
  return addressAt(
    [`struct sockaddr_un to = { AF_UNIX, ${name} };`],
    '(struct sockaddr *)&to',
    `offsetof(struct sockaddr_un, sun_path) + ${length}`,
  );
}

const unspecified: Address = addressAt(
  ['struct sockaddr to = { .sa_family = AF_UNSPEC };'],
  '&to',
  'sizeof(to)',
);

function targetOf(to: Target, at: Writer): Address {
  if (to === null) return unspecified;
  if (typeof to === 'object' && 'path' in to) return unix(to.path);
  if (typeof to === 'object' && 'port' in to) return inet(to.port);
  const lines = ['socklen_t size;', `const struct sockaddr *to = address_of(${at.fd(to)}, &size);`];
  return addressAt(lines, 'to', 'size');
}

/** SO_LINGER takes two numbers; a scenario has the seconds, negative for off. */
const isLinger = (level: number, name: number): boolean =>
  level === SOL_SOCKET && name === SO_LINGER;

const optionOf = (level: number, name: number): string =>
  `${names.socketLevel(level)}, ${names.socketOption(level, name)}`;

function setsockopt({ args }: StepOf<'setsockopt'>, at: Writer): Lines {
  const { level, name, value } = args;
  const made = isLinger(level, name)
    ? `struct linger value = { ${value < 0 ? 0 : 1}, ${Math.max(value, 0)} };`
    : `int value = ${int(value)};`;
  const call = `setsockopt(${at.fd(args.fd)}, ${optionOf(level, name)}, &value, sizeof(value))`;
  return [made, '', `show_ret(${call});`];
}

function getsockopt({ args }: StepOf<'getsockopt'>, at: Writer): Lines {
  const { level, name } = args;
  const isError = level === SOL_SOCKET && name === SO_ERROR;
  const call = `getsockopt(${at.fd(args.fd)}, ${optionOf(level, name)}, &value, &size)`;
  const linger = isLinger(level, name);
  const show = isError ? 'show_error' : 'show_value';
  return [
    linger ? 'struct linger value = { 0, 0 };' : 'int value = 0;',
    'socklen_t size = sizeof(value);',
    `int ret = ${call};`,
    '',
    linger ? 'show_linger(ret, &value);' : `${show}(ret, value);`,
  ];
}

const sendFlags = (flags: number): string => spaced(names.msgFlags(flags | MSG_NOSIGNAL));

function send(step: StepOf<'send'> | StepOf<'sendto'>, at: Writer): Lines {
  const head = `${at.fd(step.args.fd)}, ${payload(step.args)}, ${sendFlags(step.args.flags)}`;
  if (step.call === 'send') return [`show_ret(send(${head}));`];
  const address = targetOf(step.args.to, at);
  return [...address.lines, '', `show_ret(sendto(${head}, ${address.given}));`];
}

function receive(step: StepOf<'recv'> | StepOf<'recvfrom'>, at: Writer): Lines {
  const { fd, len, flags } = step.args;
  const head = `${at.fd(fd)}, data, ${len}, ${spaced(names.msgFlags(flags))}`;
  if (step.call === 'recv') {
    return ['char *data = room();', '', `show_data(recv(${head}), data, ${len});`];
  }
  return [
    'char *data = room();',
    'union address from = { 0 };',
    'socklen_t size = sizeof(from);',
    `long ret = recvfrom(${head}, &from.sa, &size);`,
    '',
    `show_from(ret, data, ${len}, &from, size);`,
  ];
}

function sendmsg({ args }: StepOf<'sendmsg'>, at: Writer): Lines {
  const address = args.to === undefined ? null : targetOf(args.to, at);
  const [data, size] = splitPayload(payload(args));
  const name =
    address === null
      ? []
      : [`\t.msg_name = (void *)${address.pointer},`, `\t.msg_namelen = ${address.size},`];
  const count = args.fds.length;
  const control =
    count === 0 ? [] : ['\t.msg_control = &control,', '\t.msg_controllen = sizeof(control),'];
  return [
    ...(address?.lines ?? []),
    ...(count === 0 ? [] : rights(args.fds.map((fd) => at.fd(fd)))),
    `struct iovec iov = { (void *)${data}, ${size} };`,
    'struct msghdr message = {',
    ...name,
    '\t.msg_iov = &iov,',
    '\t.msg_iovlen = 1,',
    ...control,
    '};',
    '',
    `show_ret(sendmsg(${at.fd(args.fd)}, &message, ${sendFlags(args.flags)}));`,
  ];
}

function splitPayload(given: string): [data: string, size: string] {
  const comma = given.lastIndexOf(', ');
  return [given.slice(0, comma), given.slice(comma + 2)];
}

/** Descriptors that go along. */
const rights = (fds: readonly string[]): string[] => [
  'struct {',
  '\tstruct cmsghdr header;',
  `\tint fds[${fds.length + (fds.length % 2)}];`,
  '} control = {',
  `\t{ .cmsg_len = CMSG_LEN(${4 * fds.length}), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS },`,
  `\t{ ${fds.join(', ')} },`,
  '};',
];

function recvmsg(step: StepOf<'recvmsg'>, at: Writer): Lines {
  const { fd, len, flags, fds } = step.args;
  const binds = step.bind.map((ref) => at.as(ref));
  const given = binds.length === 0 ? 'NULL, 0' : `binds, ${binds.length}`;
  return [
    'union address from = { 0 };',
    `struct iovec iov = { room(), ${len} };`,
    ...(fds === 0 ? [] : [`char control[CMSG_SPACE(${4 * fds})] = { 0 };`]),
    ...(binds.length === 0 ? [] : [`int *const binds[] = { ${binds.join(', ')} };`]),
    'struct msghdr message = {',
    '\t.msg_name = &from,',
    '\t.msg_namelen = sizeof(from),',
    '\t.msg_iov = &iov,',
    '\t.msg_iovlen = 1,',
    ...(fds === 0 ? [] : ['\t.msg_control = control,', '\t.msg_controllen = sizeof(control),']),
    '};',
    `long ret = recvmsg(${at.fd(fd)}, &message, ${spaced(names.msgFlags(flags))});`,
    '',
    `show_message(ret, &message, ${given});`,
  ];
}
