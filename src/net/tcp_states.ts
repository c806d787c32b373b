/** States as bits, for asking about several at once. Linux: include/net/tcp_states.h. */
import {
  TCP_CLOSE,
  TCP_CLOSE_WAIT,
  TCP_CLOSING,
  TCP_ESTABLISHED,
  TCP_FIN_WAIT1,
  TCP_FIN_WAIT2,
  TCP_LAST_ACK,
  TCP_LISTEN,
  TCP_SYN_RECV,
  TCP_SYN_SENT,
} from './sock.ts';

export const TCPF_ESTABLISHED: number = 1 << TCP_ESTABLISHED;
export const TCPF_SYN_SENT: number = 1 << TCP_SYN_SENT;
export const TCPF_SYN_RECV: number = 1 << TCP_SYN_RECV;
export const TCPF_FIN_WAIT1: number = 1 << TCP_FIN_WAIT1;
export const TCPF_FIN_WAIT2: number = 1 << TCP_FIN_WAIT2;
export const TCPF_CLOSE: number = 1 << TCP_CLOSE;
export const TCPF_CLOSE_WAIT: number = 1 << TCP_CLOSE_WAIT;
export const TCPF_LAST_ACK: number = 1 << TCP_LAST_ACK;
export const TCPF_LISTEN: number = 1 << TCP_LISTEN;
export const TCPF_CLOSING: number = 1 << TCP_CLOSING;

/** Ours: is the state one of `states`? */
export const inState = (sk: { readonly sk_state: number }, states: number): boolean =>
  ((1 << sk.sk_state) & states) !== 0;
