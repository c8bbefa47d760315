//! The system calls that the work of a confined process takes. Every other one fails with EPERM, as if the process had no
//! right to it.
//!
//! No program, no look into another process, no io_uring (which would do all that unseen by seccomp), no new listener, no
//! request to a driver. A process that connects may make TCP sockets, the only ones whose ports Landlock watches; one that does
//! not may make none. New threads are threads only: a new process could outlive the doors.

use std::collections::BTreeMap;

use libc::c_long;
use seccompiler::{
    BpfProgram, Error, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition,
    SeccompFilter, SeccompRule, TargetArch, apply_filter_all_threads,
};

/// What of the second argument of `socket` says its kind; the rest are flags.
const SOCKET_KIND: u64 = 0xf;

/// What may be asked of a file beside reading and writing it: that reading does not wait, and that no other program inherits it.
/// Every other request is a driver's: TIOCSTI types into the terminal that the process was started from.
const REQUESTS: [u64; 2] = [libc::FIONBIO, libc::FIOCLEX];

/// Which calls are allowed, and with which arguments: any, where there is no rule.
type Rules = BTreeMap<c_long, Vec<SeccompRule>>;

/// Files of the process's own, which Landlock limits.
const FILES: &[c_long] = &[
    libc::SYS_openat,
    libc::SYS_close,
    libc::SYS_read,
    libc::SYS_readv,
    libc::SYS_pread64,
    libc::SYS_preadv,
    libc::SYS_write,
    libc::SYS_writev,
    libc::SYS_pwrite64,
    libc::SYS_pwritev,
    libc::SYS_lseek,
    libc::SYS_fstat,
    libc::SYS_newfstatat,
    libc::SYS_statx,
    libc::SYS_fstatfs,
    libc::SYS_statfs,
    libc::SYS_faccessat,
    libc::SYS_faccessat2,
    libc::SYS_readlinkat,
    libc::SYS_getdents64,
    libc::SYS_getcwd,
    libc::SYS_fcntl,
    libc::SYS_flock,
    libc::SYS_fsync,
    libc::SYS_fdatasync,
    libc::SYS_ftruncate,
    libc::SYS_fallocate,
    libc::SYS_fchmod,
    libc::SYS_fchown,
    libc::SYS_unlinkat,
    libc::SYS_renameat,
    libc::SYS_renameat2,
    libc::SYS_mkdirat,
    libc::SYS_dup,
    libc::SYS_dup3,
    libc::SYS_pipe2,
];

/// Connections that came in by a door.
const DOORS: &[c_long] = &[
    libc::SYS_accept,
    libc::SYS_accept4,
    libc::SYS_recvfrom,
    libc::SYS_recvmsg,
    libc::SYS_shutdown,
    libc::SYS_getsockname,
    libc::SYS_getpeername,
    libc::SYS_getsockopt,
    libc::SYS_setsockopt,
    libc::SYS_epoll_create1,
    libc::SYS_epoll_ctl,
    libc::SYS_epoll_pwait,
    libc::SYS_epoll_pwait2,
    libc::SYS_ppoll,
    libc::SYS_eventfd2,
];

/// Memory, threads, time, and the end.
const PROCESS: &[c_long] = &[
    libc::SYS_brk,
    libc::SYS_mmap,
    libc::SYS_munmap,
    libc::SYS_mremap,
    libc::SYS_mprotect,
    libc::SYS_madvise,
    libc::SYS_futex,
    libc::SYS_set_robust_list,
    libc::SYS_get_robust_list,
    libc::SYS_rseq,
    libc::SYS_membarrier,
    libc::SYS_sched_yield,
    libc::SYS_sched_getaffinity,
    libc::SYS_rt_sigaction,
    libc::SYS_rt_sigprocmask,
    libc::SYS_rt_sigreturn,
    libc::SYS_sigaltstack,
    libc::SYS_restart_syscall,
    libc::SYS_tgkill,
    libc::SYS_nanosleep,
    libc::SYS_clock_nanosleep,
    libc::SYS_clock_gettime,
    libc::SYS_clock_getres,
    libc::SYS_gettimeofday,
    libc::SYS_getrandom,
    libc::SYS_getpid,
    libc::SYS_gettid,
    libc::SYS_getuid,
    libc::SYS_geteuid,
    libc::SYS_getgid,
    libc::SYS_getegid,
    libc::SYS_getrusage,
    libc::SYS_uname,
    libc::SYS_sysinfo,
    libc::SYS_exit,
    libc::SYS_exit_group,
];

/// Older names of the same calls, which this architecture still has.
#[cfg(target_arch = "x86_64")]
const OLDER: &[c_long] = &[
    libc::SYS_open,
    libc::SYS_stat,
    libc::SYS_lstat,
    libc::SYS_access,
    libc::SYS_readlink,
    libc::SYS_unlink,
    libc::SYS_rename,
    libc::SYS_mkdir,
    libc::SYS_dup2,
    libc::SYS_poll,
    libc::SYS_epoll_wait,
];
#[cfg(not(target_arch = "x86_64"))]
const OLDER: &[c_long] = &[];

/// Allows nothing else from now on, to all threads.
pub(super) fn allow_only(connects: bool) -> Result<(), Error> {
    let arch = TargetArch::try_from(std::env::consts::ARCH)?;
    // The C library starts threads by clone3, whose flags lie in memory where no filter can read them; told that there
    // is no such call it takes clone.
    let clone3 = Rules::from([(libc::SYS_clone3, Vec::new())]);
    let no_such_call = SeccompAction::Errno(libc::ENOSYS.cast_unsigned());
    install(SeccompFilter::new(
        clone3,
        SeccompAction::Allow,
        no_such_call,
        arch,
    )?)?;
    let mut rules = answering()?;
    if connects {
        rules.extend(connecting()?);
    }
    let not_permitted = SeccompAction::Errno(libc::EPERM.cast_unsigned());
    install(SeccompFilter::new(
        rules,
        not_permitted,
        SeccompAction::Allow,
        arch,
    )?)
}

fn install(filter: SeccompFilter) -> Result<(), Error> {
    let program: BpfProgram = filter.try_into()?;
    apply_filter_all_threads(&program)
}

fn answering() -> Result<Rules, Error> {
    let whatever = [FILES, DOORS, PROCESS, OLDER, &[libc::SYS_clone3]].concat();
    let mut rules: Rules = whatever
        .into_iter()
        .map(|call| (call, Vec::new()))
        .collect();
    let thread = libc::CLONE_THREAD as u64;
    rules.insert(
        libc::SYS_clone,
        vec![only(&[(0, SeccompCmpOp::MaskedEq(thread), thread)])?],
    );
    // Two ends inside this process, as signals are handed on. Every other family leads outside, and so do datagrams, which
    // may be sent to any socket in the file system.
    let inside = only(&[
        (0, SeccompCmpOp::Eq, number(libc::AF_UNIX)),
        (
            1,
            SeccompCmpOp::MaskedEq(SOCKET_KIND),
            number(libc::SOCK_STREAM),
        ),
    ])?;
    rules.insert(libc::SYS_socketpair, vec![inside]);
    // A thread's name; not whether the process may be dumped or traced.
    let (name, name_of_memory) = (number(libc::PR_SET_NAME), number(libc::PR_SET_VMA));
    rules.insert(
        libc::SYS_prctl,
        vec![
            only(&[(0, SeccompCmpOp::Eq, name)])?,
            only(&[(0, SeccompCmpOp::Eq, name_of_memory)])?,
        ],
    );
    // The kernel reads 32 bits of a request, and so does the rule.
    let requests = REQUESTS.map(|request| only(&[(1, SeccompCmpOp::Eq, request)]));
    let requests = requests.into_iter().collect::<Result<_, _>>()?;
    rules.insert(libc::SYS_ioctl, requests);
    // TCP Fast Open connects by what it sends, which Landlock does not see.
    let fast = SeccompCmpOp::MaskedEq(number(libc::MSG_FASTOPEN));
    rules.insert(libc::SYS_sendto, vec![only(&[(3, fast.clone(), 0)])?]);
    rules.insert(libc::SYS_sendmsg, vec![only(&[(2, fast, 0)])?]);
    Ok(rules)
}

/// Connections outwards, over TCP and nothing else: Landlock watches the ports of no other protocol, multipath TCP among
/// them.
fn connecting() -> Result<Rules, Error> {
    let kind = SeccompCmpOp::MaskedEq(SOCKET_KIND);
    let mut sockets = Vec::new();
    for family in [libc::AF_INET, libc::AF_INET6] {
        for protocol in [libc::IPPROTO_IP, libc::IPPROTO_TCP] {
            sockets.push(only(&[
                (0, SeccompCmpOp::Eq, number(family)),
                (1, kind.clone(), number(libc::SOCK_STREAM)),
                (2, SeccompCmpOp::Eq, number(protocol)),
            ])?);
        }
    }
    Ok(Rules::from([
        (libc::SYS_socket, sockets),
        (libc::SYS_connect, Vec::new()),
    ]))
}

/// A number of the C library as the kernel compares it.
fn number(number: i32) -> u64 {
    u64::from(number.cast_unsigned())
}

/// The call when all the named arguments compare so.
fn only(arguments: &[(u8, SeccompCmpOp, u64)]) -> Result<SeccompRule, Error> {
    let conditions = arguments.iter().map(|(argument, compares, value)| {
        SeccompCondition::new(*argument, SeccompCmpArgLen::Dword, compares.clone(), *value)
    });
    let conditions = conditions.collect::<Result<_, _>>().map_err(backend)?;
    SeccompRule::new(conditions).map_err(backend)
}

fn backend(error: seccompiler::BackendError) -> Error {
    Error::Backend(error)
}
