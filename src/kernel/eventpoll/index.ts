/** What the rest of the kernel may know of eventpoll. Linux: include/linux/eventpoll.h. */
export { do_epoll_ctl, ep_op_has_event, get_epoll_tfile_raw_ptr } from './ctl.ts';
export {
  do_epoll_pwait,
  do_epoll_wait,
  ep_timeout_to_timespec,
  epoll_sendevents,
} from './ep_poll.ts';
export { do_epoll_create, is_file_epoll } from './file.ts';
export { eventpoll_release_file } from './remove.ts';
