/** What eventpoll was before 5.11, under the names that it had: two series of that release rewrote it. */
export { ep_insert, epollCtl } from './ctl_before_5_11.ts';
export { ep_poll, queueAndLook } from './ep_poll_before_5_11.ts';
export { ep_eventpoll_poll, ep_send_events, pollInner } from './scan_before_5_11.ts';
