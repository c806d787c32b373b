/**
 * Hosts on a machine, and the links between them: what a test builds a network from.
 *
 *     const client = machine.host('client');
 *     const server = machine.host('server');
 *     const wire = machine.link(client, server, { latency_ns: 5_000_000, loss: 0.01 });
 *     machine.spawn(serve, { host: server });
 *     machine.spawn(call, { host: client });
 *     machine.after(3_000_000_000, () => wire.partition());
 *     machine.run();
 */
import { MIN_NAPI_ID } from '../kernel/busy_poll.ts';
import type { Chance } from '../kernel/chance.ts';
import { AF_INET } from '../kernel/uapi/socket.ts';
import { addressText } from '../net/ipv4/ip.ts';
import {
  type LinkCounts,
  LinkDevice,
  type LinkOptions,
  type LinkShape,
  type PacketView,
} from '../net/link.ts';
import { type NetGlobals, net } from '../net/net.ts';
import type { sockaddr } from '../net/socket.ts';
import { inWords } from '../syscalls/found.ts';
import { isObject, type Rule, refuseUnknown } from './rule.ts';
import { Random } from './schedule.ts';

export type { LinkCounts, LinkOptions, PacketView };

/** What Machine.host() can be told. */
export interface HostOptions {
  /** Its address, as "10.0.0.1"; the first of 10.0.0.1, 10.0.0.2, … that is free if not told. */
  readonly address?: string;
}

/** A host: processes with a network of their own. */
export class Host {
  /** Its name, as it was given to Machine.host(). */
  readonly name: string;
  /** "10.0.0.1". */
  readonly address: string;
  /** The same as a number, for sockaddr.addr. */
  readonly addr: number;
  /** For the machine that made it. */
  readonly net: net;

  constructor(name: string, addr: number) {
    this.name = name;
    this.addr = addr;
    this.address = addressText(addr);
    this.net = new net(name, addr);
  }

  /** The address of a port on this host, for bind(), connect() and sendto(). */
  sockaddr(port: number): sockaddr {
    return { family: AF_INET, addr: this.addr, port };
  }
}

/** A link between two hosts. */
export class Link {
  private readonly ends: readonly LinkDevice[];

  constructor(...ends: LinkDevice[]) {
    this.ends = ends;
  }

  /**
   * Nothing gets through any more, what is on the way is lost too; with `from`, of what that sends.
   *
   * @throws TypeError where `from` is no end of the link
   */
  partition(from?: Host): void {
    for (const end of this.endsAt('partition', from)) end.partition();
  }

  /**
   * It works again.
   *
   * @throws TypeError where `from` is no end of the link
   */
  heal(from?: Host): void {
    for (const end of this.endsAt('heal', from)) end.cut = false;
  }

  /**
   * What has become of the packets that `from` has sent.
   *
   * @throws TypeError where `from` is no end of the link
   */
  counts(from: Host): LinkCounts {
    const [end] = this.endsAt('counts', from);
    return { ...(end as LinkDevice).counts };
  }

  /** The packets that are on the way; of each end in the order in which they were sent. */
  get inFlight(): PacketView[] {
    return this.ends.flatMap(({ flying }) => [...flying]);
  }

  private endsAt(what: string, host: Host | undefined): readonly LinkDevice[] {
    if (host === undefined) return this.ends;
    const ends = this.ends.filter(({ nd_net }) => nd_net === host.net);
    if (ends.length > 0) return ends;
    const names = this.ends.map(({ nd_net }) => nd_net.name).join(' or ');
    const found = host instanceof Host ? host.name : inWords(host);
    throw new TypeError(`${what}: expected an end of the link, ${names}, found ${found}`);
  }
}

const share: Rule = {
  expected: 'a number from 0 to 1',
  fits: (value) => typeof value === 'number' && value >= 0 && value <= 1,
};

const linkRules: Readonly<Record<keyof LinkOptions, Rule>> = {
  latency_ns: {
    expected: 'nanoseconds, an integer, 0 or more',
    fits: (value) => Number.isSafeInteger(value) && (value as number) >= 0,
  },
  bandwidth_bps: {
    expected: 'bits a second, more than 0',
    fits: (value) => typeof value === 'number' && value > 0,
  },
  queue: {
    expected: 'packets, an integer, 1 or more',
    fits: (value) => Number.isSafeInteger(value) && (value as number) >= 1,
  },
  loss: {
    expected: 'a number from 0 to 1, or a function that says of a packet whether it is lost',
    fits: (value) => share.fits(value) || typeof value === 'function',
  },
  reorder: share,
  duplicate: share,
};

const linkDefaults: LinkShape = {
  latency_ns: 1_000_000,
  bandwidth_bps: Number.POSITIVE_INFINITY,
  queue: 1000,
  loss: 0,
  reorder: 0,
  duplicate: 0,
};

function linkShape(options: LinkOptions): LinkShape {
  if (!isObject(options)) {
    throw new TypeError(`link: expected an object of options, found ${inWords(options)}`);
  }
  refuseUnknown('link', options, linkRules);
  const given = Object.entries(options).filter(([, value]) => value !== undefined);
  return { ...linkDefaults, ...Object.fromEntries(given) };
}

/** "10.0.0.1" as a number; null for what is none, or cannot be a host's. */
function parseAddress(text: unknown): number | null {
  if (typeof text !== 'string' || !/^\d{1,3}(\.\d{1,3}){3}$/.test(text)) return null;
  const bytes = text.split('.').map(Number);
  const [first = 0] = bytes;
  if (bytes.some((byte) => byte > 255) || first === 0 || first === 127 || first > 223) return null;
  return bytes.reduce((addr, byte) => addr * 256 + byte, 0);
}

/** Where the addresses begin that hosts are given. */
const firstAddress = 0x0a00_0001;
const mostHosts = 254;

/** The hosts and links of a machine. */
export class Topology {
  private readonly globals: NetGlobals;
  private readonly seed: number;
  private readonly hosts: Host[] = [];
  private links = 0;

  constructor(globals: NetGlobals, seed: number) {
    this.globals = globals;
    this.seed = seed;
  }

  addHost(name: string, options: HostOptions): Host {
    if (typeof name !== 'string' || name === '') {
      throw new TypeError(`host: expected a name, found ${inWords(name)}`);
    }
    if (this.hosts.some((host) => host.name === name)) {
      throw new RangeError(`host: expected a name that is free, found ${inWords(name)} once more`);
    }
    if (!isObject(options)) {
      throw new TypeError(`host ${name}: expected an object of options, found ${inWords(options)}`);
    }
    refuseUnknown(`host ${name}`, options, hostRules);
    const addr = parseAddress(options.address) ?? this.freeAddress();
    const other = this.hosts.find((host) => host.addr === addr);
    if (other !== undefined) {
      const { address } = other;
      throw new RangeError(
        `host ${name}: expected an address that is free, found ${address}, which is that of ${other.name}`,
      );
    }
    const host = new Host(name, addr);
    this.hosts.push(host);
    return host;
  }

  private freeAddress(): number {
    for (let addr = firstAddress; addr < firstAddress + mostHosts; addr++) {
      if (!this.hosts.some((host) => host.addr === addr)) return addr;
    }
    throw new RangeError(`host: expected at most ${mostHosts} hosts without an address`);
  }

  /** Throws unless the host is one of this machine. */
  check(what: string, host: Host): void {
    if (this.hosts.includes(host)) return;
    const found = host instanceof Host ? `${host.name} of another machine` : inWords(host);
    throw new TypeError(`${what}: expected a host, as machine.host() gives it, found ${found}`);
  }

  addLink(a: Host, b: Host, options: LinkOptions): Link {
    this.check('link', a);
    this.check('link', b);
    if (a === b) throw new RangeError(`link: expected two hosts, found ${a.name} twice`);
    if (a.net.links.some(({ peer }) => peer.nd_net === b.net)) {
      throw new RangeError(
        `link: expected one link, found a second one of ${a.name} and ${b.name}`,
      );
    }
    const shape = linkShape(options);
    const there = this.device(a, shape);
    const back = this.device(b, shape);
    there.joinTo(back);
    back.joinTo(there);
    return new Link(there, back);
  }

  private device({ net: at }: Host, shape: LinkShape): LinkDevice {
    const { napi_hash } = this.globals;
    const napi_id = MIN_NAPI_ID + napi_hash.length;
    const dev = new LinkDevice(at, `eth${at.links.length}`, napi_id, shape, this.chance());
    napi_hash.push(dev.napi);
    at.links.push(dev);
    return dev;
  }

  /** Each direction has chances of its own, so that what happens to one does not change another. */
  private chance(): Chance {
    return new Random((this.seed + Math.imul(++this.links, 0x9e37_79b9)) | 0);
  }
}

const hostRules: Readonly<Record<keyof HostOptions, Rule>> = {
  address: {
    expected: "an IPv4 address as a text, such as '10.0.0.1', that a host can have",
    fits: (value) => parseAddress(value) !== null,
  },
};
