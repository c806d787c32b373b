/**
 * Address families, socket types, message flags, ways to shut down, and options of SOL_SOCKET.
 * Linux: include/linux/socket.h, include/linux/net.h, include/uapi/asm-generic/socket.h.
 *
 * Differs from Linux: SHUT_* are the names of shutdown(2); the kernel keeps one bit a direction.
 */
import { O_CLOEXEC, O_NONBLOCK } from './fcntl.ts';

/** connect(2): no family, which ends the association with a peer. */
export const AF_UNSPEC = 0;
/** unix(7): sockets on one host. */
export const AF_UNIX = 1;
/** unix(7): another name of AF_UNIX. */
export const AF_LOCAL = 1;
/** ip(7): IPv4. */
export const AF_INET = 2;
/** ipv6(7): IPv6. */
export const AF_INET6 = 10;
/** netlink(7): messages to and from the kernel. */
export const AF_NETLINK = 16;
/** packet(7): packets as the device has them. */
export const AF_PACKET = 17;
/** vsock(7): between a virtual machine and its host. */
export const AF_VSOCK = 40;

/** socket(2): a stream of bytes, without boundaries, over a connection. */
export const SOCK_STREAM = 1;
/** socket(2): single messages without a connection. */
export const SOCK_DGRAM = 2;
/** socket(2): packets below the transport protocol. */
export const SOCK_RAW = 3;
/** socket(2): messages that arrive, in any order. */
export const SOCK_RDM = 4;
/** socket(2): messages with boundaries, in order, over a connection. */
export const SOCK_SEQPACKET = 5;
/** linux/net.h: datagrams with congestion control. */
export const SOCK_DCCP = 6;
/** packet(7): obsolete; AF_PACKET has taken its place. */
export const SOCK_PACKET = 10;
/** socket(2): the descriptor is closed by execve(2). */
export const SOCK_CLOEXEC: number = O_CLOEXEC;
/** socket(2): a call that would wait returns -EAGAIN. */
export const SOCK_NONBLOCK: number = O_NONBLOCK;
/** linux/net.h: the bits of a type, as socket(2) takes it, that are not flags. */
export const SOCK_TYPE_MASK = 0xf;

// Types of control messages of SOL_SOCKET.
/** unix(7): a control message of SOL_SOCKET that hands descriptors over. */
export const SCM_RIGHTS = 1;
/** unix(7): a control message of SOL_SOCKET that tells pid, uid and gid. */
export const SCM_CREDENTIALS = 2;

/** send(2): out-of-band data, the last byte of it. */
export const MSG_OOB = 0x1;
/** recv(2): what is read stays in the queue. */
export const MSG_PEEK = 0x2;
/** send(2): to hosts on the same network only, over no gateway. */
export const MSG_DONTROUTE = 0x4;
/** recv(2): control messages were cut off, for want of room. */
export const MSG_CTRUNC = 0x8;
/** linux/socket.h: nothing is sent, only the path's MTU found out. */
export const MSG_PROBE = 0x10;
/** recv(2): the message was longer than the buffer; as a flag, its true length is returned. */
export const MSG_TRUNC = 0x20;
/** recv(2): this call returns -EAGAIN instead of waiting. */
export const MSG_DONTWAIT = 0x40;
/** send(2): a record ends here. */
export const MSG_EOR = 0x80;
/** recv(2): waits until the whole buffer is full. */
export const MSG_WAITALL = 0x100;
/** linux/socket.h: unused by programs; the end of a connection. */
export const MSG_FIN = 0x200;
/** linux/socket.h: unused by programs; the start of a connection. */
export const MSG_SYN = 0x400;
/** send(2): the other side has answered, so its address need not be looked for again. */
export const MSG_CONFIRM = 0x800;
/** linux/socket.h: unused by programs; the reset of a connection. */
export const MSG_RST = 0x1000;
/** recv(2): takes an error from the error queue: see IP_RECVERR. */
export const MSG_ERRQUEUE = 0x2000;
/** send(2): no SIGPIPE where nobody can read; -EPIPE is returned all the same. */
export const MSG_NOSIGNAL = 0x4000;
/** send(2): more follows, so a packet that is not full waits. */
export const MSG_MORE = 0x8000;
/** recvmmsg(2): MSG_DONTWAIT after the first message. */
export const MSG_WAITFORONE = 0x10000;
/** linux/socket.h: sendmmsg(2) has more messages to come. */
export const MSG_BATCH = 0x40000;
/** linux/socket.h: the data is not copied, and the error queue tells when it may be changed. */
export const MSG_ZEROCOPY = 0x4000000;
/** linux/socket.h: data in the first packet of TCP, connect(2) included. */
export const MSG_FASTOPEN = 0x20000000;
/** recv(2): descriptors that come by SCM_RIGHTS are closed by execve(2). */
export const MSG_CMSG_CLOEXEC = 0x40000000;

/** shutdown(2): nothing more is received. */
export const SHUT_RD = 0;
/** shutdown(2): nothing more is sent; the peer reads the end. */
export const SHUT_WR = 1;
/** shutdown(2): both directions. */
export const SHUT_RDWR = 2;

/** listen(2): how many connections may wait to be accepted, unless sysctl(8) says otherwise. */
export const SOMAXCONN = 4096;

/** socket(7): the level of the options SO_*, whatever the protocol. */
export const SOL_SOCKET = 1;
/** socket(7): turns debugging on; needs a privilege. */
export const SO_DEBUG = 1;
/**
 * socket(7): bind(2) may take a port whose old connections linger, unless somebody listens there.
 */
export const SO_REUSEADDR = 2;
/** socket(7): the type of the socket, SOCK_*. */
export const SO_TYPE = 3;
/** socket(7): the error that waits, as a positive errno, which is cleared; 0 if none. */
export const SO_ERROR = 4;
/** socket(7): sends to hosts on the same network only. */
export const SO_DONTROUTE = 5;
/** socket(7): a datagram socket may send to a broadcast address. */
export const SO_BROADCAST = 6;
/** socket(7): the size of the send buffer in bytes; the kernel takes twice what is set. */
export const SO_SNDBUF = 7;
/** socket(7): the size of the receive buffer in bytes; the kernel takes twice what is set. */
export const SO_RCVBUF = 8;
/** socket(7): asks a silent peer now and then whether it is still there. */
export const SO_KEEPALIVE = 9;
/** socket(7): out-of-band data stays in the stream. */
export const SO_OOBINLINE = 10;
/** asm-generic/socket.h: UDP sends no checksum. */
export const SO_NO_CHECK = 11;
/** socket(7): the priority of packets in the queue of the device. */
export const SO_PRIORITY = 12;
/** socket(7): whether close(2) waits for what is unsent, and for how many seconds. */
export const SO_LINGER = 13;
/** socket(7): does nothing any more. */
export const SO_BSDCOMPAT = 14;
/** socket(7): several sockets bind to one port and share what arrives. */
export const SO_REUSEPORT = 15;
/** socket(7): messages of AF_UNIX come with SCM_CREDENTIALS. */
export const SO_PASSCRED = 16;
/** unix(7): pid, uid and gid of the peer, as of connect(2) or socketpair(2). */
export const SO_PEERCRED = 17;
/** socket(7): how many bytes have to be there before a reader wakes and poll says POLLIN. */
export const SO_RCVLOWAT = 18;
/** socket(7): how many bytes of room; always 1 on Linux. */
export const SO_SNDLOWAT = 19;
/** socket(7): SO_RCVTIMEO, with a 32-bit timeval where `long` has 32 bits. */
export const SO_RCVTIMEO_OLD = 20;
/** socket(7): SO_SNDTIMEO, with a 32-bit timeval where `long` has 32 bits. */
export const SO_SNDTIMEO_OLD = 21;
/** socket(7): the socket works over one network device only. */
export const SO_BINDTODEVICE = 25;
/** socket(7): a classic BPF program filters what arrives. */
export const SO_ATTACH_FILTER = 26;
/** socket(7): takes the filter away. */
export const SO_DETACH_FILTER = 27;
/** asm-generic/socket.h: the peer's address, as getpeername(2) has it. */
export const SO_PEERNAME = 28;
/** socket(7): SO_TIMESTAMP, with a 32-bit timeval where `long` has 32 bits. */
export const SO_TIMESTAMP_OLD = 29;
/** socket(7): whether the socket listens. */
export const SO_ACCEPTCONN = 30;
/** socket(7): the security context of the peer. */
export const SO_PEERSEC = 31;
/** socket(7): as SO_SNDBUF, above the system's limit; needs a privilege. */
export const SO_SNDBUFFORCE = 32;
/** socket(7): as SO_RCVBUF, above the system's limit; needs a privilege. */
export const SO_RCVBUFFORCE = 33;
/** socket(7): messages of AF_UNIX come with the security context of their sender. */
export const SO_PASSSEC = 34;
/** socket(7): SO_TIMESTAMPNS, with a 32-bit timespec where `long` has 32 bits. */
export const SO_TIMESTAMPNS_OLD = 35;
/** socket(7): the mark of packets, for routing and filters. */
export const SO_MARK = 36;
/** socket(7): SO_TIMESTAMPING, with 32-bit timespecs where `long` has 32 bits. */
export const SO_TIMESTAMPING_OLD = 37;
/** socket(7): the protocol of the socket, IPPROTO_*. */
export const SO_PROTOCOL = 38;
/** socket(7): the address family of the socket, AF_*. */
export const SO_DOMAIN = 39;
/** socket(7): a control message counts the packets that were dropped for want of room. */
export const SO_RXQ_OVFL = 40;
/** asm-generic/socket.h: the error queue tells whether a frame was acknowledged. */
export const SO_WIFI_STATUS = 41;
/** socket(7): from which byte MSG_PEEK reads on; -1 for the first. */
export const SO_PEEK_OFF = 42;
/** asm-generic/socket.h: the program makes the checksum of the frame. */
export const SO_NOFCS = 43;
/** socket(7): the filter can no longer be changed. */
export const SO_LOCK_FILTER = 44;
/** socket(7): an error in the queue sets POLLPRI besides POLLERR. */
export const SO_SELECT_ERR_QUEUE = 45;
/** socket(7): for how many microseconds a blocking read may spin on the device. */
export const SO_BUSY_POLL = 46;
/** asm-generic/socket.h: the highest rate of sending, in bytes a second. */
export const SO_MAX_PACING_RATE = 47;
/** asm-generic/socket.h: which extensions of BPF the kernel has. */
export const SO_BPF_EXTENSIONS = 48;
/** socket(7): the CPU on which packets of the socket are taken in. */
export const SO_INCOMING_CPU = 49;
/** socket(7): an extended BPF program filters what arrives. */
export const SO_ATTACH_BPF = 50;
/** socket(7): a classic BPF program chooses among sockets of one port. */
export const SO_ATTACH_REUSEPORT_CBPF = 51;
/** socket(7): an extended BPF program chooses among sockets of one port. */
export const SO_ATTACH_REUSEPORT_EBPF = 52;
/** asm-generic/socket.h: the route to the peer is bad, take another. */
export const SO_CNX_ADVICE = 53;
/** asm-generic/socket.h: how much memory the socket uses, in bytes. */
export const SO_MEMINFO = 55;
/** socket(7): which receive queue of a device the last packet came over, for busy polling. */
export const SO_INCOMING_NAPI_ID = 56;
/** asm-generic/socket.h: a number that no other socket of the system has. */
export const SO_COOKIE = 57;
/** asm-generic/socket.h: the groups of the peer of AF_UNIX. */
export const SO_PEERGROUPS = 59;
/** asm-generic/socket.h: send(2) takes MSG_ZEROCOPY. */
export const SO_ZEROCOPY = 60;
/** asm-generic/socket.h: a message may say when it is to be sent. */
export const SO_TXTIME = 61;
/** asm-generic/socket.h: as SO_BINDTODEVICE, by the number of the device. */
export const SO_BINDTOIFINDEX = 62;
/** socket(7): SO_TIMESTAMP, with a timeval of 64 bits everywhere. */
export const SO_TIMESTAMP_NEW = 63;
/** socket(7): SO_TIMESTAMPNS, with a timespec of 64 bits everywhere. */
export const SO_TIMESTAMPNS_NEW = 64;
/** socket(7): SO_TIMESTAMPING, with timespecs of 64 bits everywhere. */
export const SO_TIMESTAMPING_NEW = 65;
/** socket(7): SO_RCVTIMEO, with a timeval of 64 bits everywhere. */
export const SO_RCVTIMEO_NEW = 66;
/** socket(7): SO_SNDTIMEO, with a timeval of 64 bits everywhere. */
export const SO_SNDTIMEO_NEW = 67;
/** asm-generic/socket.h: takes away the program that chooses among sockets of one port. */
export const SO_DETACH_REUSEPORT_BPF = 68;
/** asm-generic/socket.h: polling comes before the device's interrupts. */
export const SO_PREFER_BUSY_POLL = 69;
/** asm-generic/socket.h: how many packets one round of busy polling takes at most. */
export const SO_BUSY_POLL_BUDGET = 70;
/** asm-generic/socket.h: a number that no other network namespace has. */
export const SO_NETNS_COOKIE = 71;
/** asm-generic/socket.h: which buffer sizes the kernel no longer changes by itself. */
export const SO_BUF_LOCK = 72;
/** asm-generic/socket.h: how much memory the socket keeps for itself, in bytes. */
export const SO_RESERVE_MEM = 73;
/** asm-generic/socket.h: whether a connection that stalls takes another path. */
export const SO_TXREHASH = 74;
/** asm-generic/socket.h: a control message has the mark of the packet. */
export const SO_RCVMARK = 75;
/** asm-generic/socket.h: messages of AF_UNIX come with a pidfd of their sender. */
export const SO_PASSPIDFD = 76;
/** asm-generic/socket.h: a control message has the priority of the packet. */
export const SO_RCVPRIORITY = 82;
/** asm-generic/socket.h: whether AF_UNIX takes SCM_RIGHTS. */
export const SO_PASSRIGHTS = 83;
/** asm-generic/socket.h: a control message has the bytes that are left, on AF_UNIX. */
export const SO_INQ = 84;
/** socket(7): how long a receiving call waits before -EAGAIN; 0 for ever. */
export const SO_RCVTIMEO: number = SO_RCVTIMEO_OLD;
/** socket(7): how long a sending call waits before -EAGAIN; 0 for ever. */
export const SO_SNDTIMEO: number = SO_SNDTIMEO_OLD;
/** socket(7): a control message has the time of arrival, in microseconds. */
export const SO_TIMESTAMP: number = SO_TIMESTAMP_OLD;
/** socket(7): a control message has the time of arrival, in nanoseconds. */
export const SO_TIMESTAMPNS: number = SO_TIMESTAMPNS_OLD;
/** asm-generic/socket.h: times of sending and arrival, by software or by the device. */
export const SO_TIMESTAMPING: number = SO_TIMESTAMPING_OLD;
