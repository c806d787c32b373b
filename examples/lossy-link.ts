/**
 * An edge-triggered echo server on one host and a client on another, across a link that loses packets.
 * A script of its own, `--seed N`, because it builds the machine that it runs on: two hosts and a link.
 */
import { fileURLToPath } from 'node:url';
import { type Host, Machine, type Program, SHUT_WR } from 'epollsim';
import { connectTo, listenOn, now, type Print, receive, sendAll } from './common.ts';
import { server } from './echo-edge.ts';

const text = 'all work and no play\n'.repeat(2000);

/** Serves connections to port 7 of the host that it runs on. */
const serve = (host: Host, print: Print): Program =>
  function* (sys) {
    yield* server(yield* listenOn(sys, host.sockaddr(7)), print)(sys);
  };

/** Sends the text and reads its echo, the two of them in threads of their own. */
const client = (host: Host, print: Print): Program =>
  function* (sys) {
    const start = yield* now(sys);
    const fd = yield* connectTo(sys, host.sockaddr(7));
    const connected = yield* now(sys);
    const writer = yield* sys.pthread_create(function* (sys) {
      yield* sendAll(sys, fd, text);
      yield* sys.shutdown(fd, SHUT_WR);
    });
    const echo = yield* receive(sys, fd, text.length);
    yield* sys.pthread_join(writer);
    sys.assert(echo === text, 'the echo is what was sent, whatever was lost');
    const after = (time: number): string => `${Math.round(time - start)} ms`;
    print(`connected after ${after(connected)}, echoed after ${after(yield* now(sys))}`);
  };

/** The same seed loses the same packets. */
export function overLossyLink(seed: number, print: Print, printServer: Print = () => {}): void {
  const machine = new Machine({ seed });
  const alice = machine.host('alice');
  const bob = machine.host('bob');
  const wire = machine.link(alice, bob, {
    latency_ns: 20_000_000,
    bandwidth_bps: 10_000_000,
    loss: 0.05,
    reorder: 0.02,
  });
  machine.spawn(serve(bob, printServer), { host: bob, name: 'server' });
  machine.spawn(client(bob, print), { host: alice, name: 'client' });
  machine.run();
  for (const host of [alice, bob]) {
    const { sent, lost } = wire.counts(host);
    print(`${host.name} (${host.address}) sent ${sent} packets, of which ${lost} were lost`);
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [option, seed = '0'] = process.argv.slice(2);
  if ((option ?? '--seed') !== '--seed' || !/^\d{1,9}$/.test(seed)) {
    process.stderr.write('Usage: lossy-link.ts [--seed N]\n');
    process.exit(2);
  }
  overLossyLink(Number(seed), console.log);
}
