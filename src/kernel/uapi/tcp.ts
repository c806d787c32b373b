/** Options of IPPROTO_TCP. Linux: include/uapi/linux/tcp.h. */
import { IPPROTO_TCP } from './in.ts';

/** tcp(7): the level of the options TCP_*: IPPROTO_TCP. */
export const SOL_TCP: number = IPPROTO_TCP;

/** tcp(7): small packets are sent at once, without Nagle's algorithm. */
export const TCP_NODELAY = 1;
/** tcp(7): the largest segment, in bytes. */
export const TCP_MAXSEG = 2;
/** tcp(7): only full packets are sent, for at most 200 ms. */
export const TCP_CORK = 3;
/** tcp(7): seconds of silence before SO_KEEPALIVE asks. */
export const TCP_KEEPIDLE = 4;
/** tcp(7): seconds between questions of SO_KEEPALIVE. */
export const TCP_KEEPINTVL = 5;
/** tcp(7): how many questions of SO_KEEPALIVE go unanswered before the connection is dropped. */
export const TCP_KEEPCNT = 6;
/** tcp(7): how often SYN is sent again before connect(2) gives up. */
export const TCP_SYNCNT = 7;
/** tcp(7): seconds that a closed socket waits in FIN_WAIT2. */
export const TCP_LINGER2 = 8;
/** tcp(7): accept(2) wakes once data has come, or after so many seconds. */
export const TCP_DEFER_ACCEPT = 9;
/** tcp(7): the largest window that is offered, in bytes. */
export const TCP_WINDOW_CLAMP = 10;
/** tcp(7): the state of the connection, its times in microseconds. */
export const TCP_INFO = 11;
/** tcp(7): acknowledgements are sent at once, for a while. */
export const TCP_QUICKACK = 12;
/** tcp(7): the name of the congestion control. */
export const TCP_CONGESTION = 13;
/** linux/tcp.h: segments are signed by MD5, see RFC 2385. */
export const TCP_MD5SIG = 14;
/** linux/tcp.h: a thin stream's timeouts do not double. */
export const TCP_THIN_LINEAR_TIMEOUTS = 16;
/** linux/tcp.h: does nothing any more. */
export const TCP_THIN_DUPACK = 17;
/** tcp(7): milliseconds that data may go unacknowledged before the connection is dropped. */
export const TCP_USER_TIMEOUT = 18;
/** linux/tcp.h: the socket's state can be read and set, for checkpoints. */
export const TCP_REPAIR = 19;
/** linux/tcp.h: which queue is being repaired. */
export const TCP_REPAIR_QUEUE = 20;
/** linux/tcp.h: the sequence number of the queue that is being repaired. */
export const TCP_QUEUE_SEQ = 21;
/** linux/tcp.h: the options of the connection that is being repaired. */
export const TCP_REPAIR_OPTIONS = 22;
/** tcp(7): a listener takes data in the first packet, of so many connections at a time. */
export const TCP_FASTOPEN = 23;
/** linux/tcp.h: the clock of timestamps, for checkpoints. */
export const TCP_TIMESTAMP = 24;
/** linux/tcp.h: poll says POLLOUT only while fewer bytes than this are unsent. */
export const TCP_NOTSENT_LOWAT = 25;
/** linux/tcp.h: what the congestion control tells of itself. */
export const TCP_CC_INFO = 26;
/** linux/tcp.h: a listener keeps the header of each SYN. */
export const TCP_SAVE_SYN = 27;
/** linux/tcp.h: the header of the SYN that was kept. */
export const TCP_SAVED_SYN = 28;
/** linux/tcp.h: the windows of the connection that is being repaired. */
export const TCP_REPAIR_WINDOW = 29;
/** tcp(7): connect(2) waits for the first data, to send it along. */
export const TCP_FASTOPEN_CONNECT = 30;
/** linux/tcp.h: the name of a protocol on top, such as tls. */
export const TCP_ULP = 31;
/** linux/tcp.h: as TCP_MD5SIG, with a prefix of addresses. */
export const TCP_MD5SIG_EXT = 32;
/** linux/tcp.h: the key of the cookies of TCP_FASTOPEN. */
export const TCP_FASTOPEN_KEY = 33;
/** linux/tcp.h: TCP_FASTOPEN without a cookie. */
export const TCP_FASTOPEN_NO_COOKIE = 34;
/** linux/tcp.h: what has come is mapped into memory, instead of being copied. */
export const TCP_ZEROCOPY_RECEIVE = 35;
/** linux/tcp.h: a control message has the bytes that are left to read. */
export const TCP_INQ = 36;
/** linux/tcp.h: the type of the control message of TCP_INQ. */
export const TCP_CM_INQ: number = TCP_INQ;
/** linux/tcp.h: microseconds by which what is sent is held back, for tests. */
export const TCP_TX_DELAY = 37;
/** linux/tcp.h: sequence numbers of the authentication option, for checkpoints. */
export const TCP_AO_REPAIR = 42;
/** linux/tcp.h: whether the connection is one of several paths. */
export const TCP_IS_MPTCP = 43;
/** linux/tcp.h: the longest retransmission timeout, in milliseconds. */
export const TCP_RTO_MAX_MS = 44;
/** linux/tcp.h: the shortest retransmission timeout, in microseconds. */
export const TCP_RTO_MIN_US = 45;
/** linux/tcp.h: the longest delay of an acknowledgement, in microseconds. */
export const TCP_DELACK_MAX_US = 46;
