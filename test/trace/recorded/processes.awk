# What strace says of recorded/processes.c alone: no loader, no sleeps, no remarks of its own.
/getpid/ { between = !between; next }
!between || /nanosleep|rt_sigaction|attached: |brk\(|mmap\(|munmap\(|mprotect\(|access\(/ { next }
/openat\(|newfstatat\(|close\(|pread64\(|read\([0-9]+, "|arch_prctl\(|set_tid_address\(/ { next }
/set_robust_list\(|rseq\(|prlimit64\(/ { next }
/strace: Process [0-9]+ attached$/ { sub(/strace: .*/, ""); printf "%s", $0; next }
# When the child starts is nobody's business.
/ fork\( <unfinished|^fork\( <unfinished/ { next }
{ sub(/<\.\.\. fork resumed>\)/, "fork()"); print }
