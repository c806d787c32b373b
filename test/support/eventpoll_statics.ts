/**
 * The names that fs/eventpoll.c defines at Linux 6.18: functions, system calls, variables, tables,
 * structures and constants. The 32-bit compat calls are left out.
 */
const names = `
  EPOLLEXCLUSIVE_OK_BITS EPOLLINOUT_BITS EP_ITEM_COST EP_MAX_EVENTS EP_MAX_NESTS EP_PRIVATE_BITS
  EP_UNACTIVE_PTR PATH_ARR_SIZE

  ep_pqueue epitem epitems_head epoll_filefd eppoll_entry eventpoll

  ephead_cache epi_cache epnested_mutex epoll_table eventpoll_fops inserting_into long_max long_zero
  loop_check_gen max_user_watches path_count path_limits pwq_cache tfile_check_list

  __ep_eventpoll_poll __ep_remove attach_epitem busy_loop_ep_timeout clear_tfile_check_list
  do_epoll_create do_epoll_ctl do_epoll_pwait do_epoll_wait ep_alloc ep_autoremove_wake_function
  ep_busy_loop ep_busy_loop_end ep_busy_loop_on ep_check_params ep_clear_and_put ep_cmp_ffd
  ep_create_wakeup_source ep_destroy_wakeup_source ep_done_scan ep_eventpoll_bp_ioctl
  ep_eventpoll_ioctl ep_eventpoll_poll ep_eventpoll_release ep_events_available ep_find ep_find_tfd
  ep_free ep_get ep_get_upwards_depth_proc ep_has_wakeup_source ep_insert ep_is_linked
  ep_item_from_wait ep_item_poll ep_loop_check ep_loop_check_proc ep_modify ep_pm_stay_awake
  ep_pm_stay_awake_rcu ep_poll ep_poll_callback ep_poll_safewake ep_ptable_queue_proc
  ep_pwq_from_wait ep_rbtree_insert ep_refcount_dec_and_test ep_remove_safe ep_remove_wait_queue
  ep_resume_napi_irqs ep_schedule_timeout ep_send_events ep_set_busy_poll_napi_id ep_set_ffd
  ep_show_fdinfo ep_start_scan ep_suspend_napi_irqs ep_take_care_of_epollwakeup
  ep_timeout_to_timespec ep_try_send_events ep_unregister_pollwait ep_wakeup_source epi_fget
  epoll_mutex_lock epoll_sendevents epoll_sysctls_init eventpoll_init eventpoll_release_file
  free_ephead get_epoll_tfile_raw_ptr is_file_epoll list_file path_count_inc path_count_init
  reverse_path_check reverse_path_check_proc unlist_file

  sys_epoll_create sys_epoll_create1 sys_epoll_ctl sys_epoll_pwait sys_epoll_pwait2 sys_epoll_wait
`;

export const eventpollStatics: readonly string[] = names.trim().split(/\s+/);
