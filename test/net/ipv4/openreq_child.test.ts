/** Two CPUs that both have a segment for one request: only one connection comes of it. */
import '../../../src/index.ts'; // The modules of net/ need each other: it knows where to begin.
import { expect, test } from 'vitest';
import type { Kernel } from '../../../src/kernel/op.ts';
import { local_bh_disable, local_bh_enable } from '../../../src/kernel/softirq.ts';
import { INADDR_ANY } from '../../../src/kernel/uapi/in.ts';
import { inet_csk_get_port } from '../../../src/net/ipv4/bind_hash.ts';
import { inet_ehash_insert } from '../../../src/net/ipv4/inet_hashtables.ts';
import { tcp_v4_syn_recv_sock } from '../../../src/net/ipv4/openreq_child.ts';
import { request_sock } from '../../../src/net/ipv4/request_sock.ts';
import { TCPHDR_ACK, tcp_init_nondata_skb } from '../../../src/net/ipv4/tcp_skb.ts';
import { tcp_sock } from '../../../src/net/ipv4/tcp_sock.ts';
import { currentNet } from '../../../src/net/net.ts';
import { TCP_CLOSE, TCP_SYN_RECV } from '../../../src/net/sock.ts';
import { bh_unlock_sock } from '../../../src/net/sock_lock.ts';
import { runAlone } from '../../support/run.ts';

/** A listener at port 7000 that has a request. */
function* called(): Kernel<{ listener: tcp_sock; req: request_sock; again: request_sock }> {
  const net = currentNet();
  const listener = new tcp_sock(net);
  listener.inet_rcv_saddr = INADDR_ANY;
  yield* inet_csk_get_port(listener, 7000);
  const request = (): request_sock => {
    const req = new request_sock(listener, net.loopback_dev, false);
    Object.assign(req, { ir_num: 7000, ir_rmt_port: 4000, mss: 1460, rsk_rcv_wnd: 65_535 });
    return req;
  };
  return { listener, req: request(), again: request() };
}

/** What comes of the last segment of the handshake. */
function* handshake(
  listener: tcp_sock,
  req: request_sock,
): ReturnType<typeof tcp_v4_syn_recv_sock> {
  const ack = tcp_init_nondata_skb(1, TCPHDR_ACK);
  const made = yield* tcp_v4_syn_recv_sock(listener, ack, req, req);
  if (made !== null) bh_unlock_sock(made.newsk);
  return made;
}

test('of two copies of a SYN one makes a request', () => {
  const made = runAlone(function* () {
    const { req, again } = yield* called();
    local_bh_disable();
    const first = yield* inet_ehash_insert(req, null);
    const second = yield* inet_ehash_insert(again, null);
    yield* local_bh_enable();
    return [first, second];
  });
  expect(made).toEqual([true, false]);
});

/** A port that can never be bound again because a connection that never was still has it. */
test('the connection that comes too late for its request is over, and gives its port back', () => {
  runAlone(function* () {
    const { listener, req } = yield* called();
    local_bh_disable();
    yield* inet_ehash_insert(req, null);
    const first = yield* handshake(listener, req);
    const second = yield* handshake(listener, req);
    yield* local_bh_enable();
    expect([first?.own_req, first?.newsk.sk_state]).toEqual([true, TCP_SYN_RECV]);
    expect([second?.own_req, second?.newsk.sk_state]).toEqual([false, TCP_CLOSE]);
    expect(second?.newsk.icsk_bind_hash).toBe(null);
  });
});
