"""Starts a program at a terminal and has each of its threads make system calls, as whoever took it over would.

inside.py fenced|free PROGRAM ARGUMENT...
Prints `THREAD: Seccomp N, NoNewPrivs N` and `THREAD: WHAT: ANSWER`, where the answer is `done` or the number of the error. Of a
`fenced` program it first waits until there is a filter. Needs root and x86-64. Threads are made to call by ptrace: what the
program itself would have done goes on afterwards.
"""

import ctypes
import os
import pty
import signal
import subprocess
import sys
import time

libc = ctypes.CDLL(None, use_errno=True)
libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
ATTACH, DETACH, STEP, GET, SET = 16, 17, 9, 12, 13
ALL_CHILDREN = 0x40000000
NAMES = "r15 r14 r13 r12 rbp rbx r11 r10 r9 r8 rax rcx rdx rsi rdi orig_rax rip cs eflags rsp ss fs_base gs_base ds es fs gs"
# Below what a function may use under its stack pointer.
SCRATCH = 1024
SYSCALL = b"\x0f\x05"

TIOCSTI, TIOCGWINSZ, PR_SET_DUMPABLE = 0x5412, 0x5413, 4
HERE, AF_UNIX, DATAGRAMS = -100, 1, 2
CALLS = [
    ("read a file of the system", 257, [HERE, b"/etc/passwd\0", 0, 0]),
    ("type into its terminal", 16, [0, TIOCSTI, b"x\0"]),
    ("type into it by a longer number", 16, [0, TIOCSTI | 1 << 32, b"x\0"]),
    ("measure its terminal", 16, [0, TIOCGWINSZ, bytes(8)]),
    ("make a socket for datagrams", 41, [AF_UNIX, DATAGRAMS, 0]),
    ("be dumped again", 157, [PR_SET_DUMPABLE, 1, 0, 0, 0]),
]


class Registers(ctypes.Structure):
    _fields_ = [(name, ctypes.c_ulonglong) for name in NAMES.split()]


def ptrace(what, thread, data=None):
    if libc.ptrace(what, thread, None, data) < 0:
        raise OSError(ctypes.get_errno(), f"ptrace {what} of {thread}")


def stopped(thread):
    os.waitpid(thread, ALL_CHILDREN)


def registers(thread):
    read = Registers()
    ptrace(GET, thread, ctypes.addressof(read))
    return read


def call(thread, memory, number, arguments):
    """What the kernel answers to one call of a stopped thread."""
    before = registers(thread)
    asked = Registers.from_buffer_copy(before)
    # Where it sleeps, the instruction that it came into the kernel by is behind it.
    asked.rip = before.rip - len(SYSCALL)
    if os.pread(memory, len(SYSCALL), asked.rip) != SYSCALL:
        return None
    scratch = before.rsp - SCRATCH
    os.pwrite(memory, next((one for one in arguments if isinstance(one, bytes)), b""), scratch)
    given = [scratch if isinstance(one, bytes) else one % (1 << 64) for one in arguments]
    for name, value in zip("rdi rsi rdx r10 r8".split(), given):
        setattr(asked, name, value)
    # No call is to be begun again when it goes on.
    asked.rax, asked.orig_rax = number, (1 << 64) - 1
    ptrace(SET, thread, ctypes.addressof(asked))
    ptrace(STEP, thread)
    stopped(thread)
    answer = ctypes.c_longlong(registers(thread).rax).value
    ptrace(SET, thread, ctypes.addressof(before))
    return answer


def try_all(pid, thread):
    memory = os.open(f"/proc/{pid}/mem", os.O_RDWR)
    for what, number, arguments in CALLS:
        answer = None
        while answer is None:
            ptrace(ATTACH, thread)
            stopped(thread)
            answer = call(thread, memory, number, arguments)
            ptrace(DETACH, thread)
        print(f"{thread}: {what}: {'done' if answer >= 0 else -answer}")
    os.close(memory)


def status(pid, thread, name):
    with open(f"/proc/{pid}/task/{thread}/status") as lines:
        return next(line.split()[1] for line in lines if line.startswith(f"{name}:"))


def too_late(*_):
    raise TimeoutError("it does not come to rest")


def main(kind, *program):
    signal.signal(signal.SIGALRM, too_late)
    signal.alarm(60)
    ours, theirs = pty.openpty()
    child = subprocess.Popen(program, stdin=theirs, stdout=subprocess.DEVNULL, start_new_session=True)
    try:
        while kind == "fenced" and status(child.pid, child.pid, "Seccomp") != "2":
            if child.poll() is not None:
                sys.exit(f"it ended with {child.returncode}")
            time.sleep(0.01)
        # Until it has come to rest.
        time.sleep(0.5)
        for thread in map(int, sorted(os.listdir(f"/proc/{child.pid}/task"))):
            seccomp, privileges = (status(child.pid, thread, name) for name in ["Seccomp", "NoNewPrivs"])
            print(f"{thread}: Seccomp {seccomp}, NoNewPrivs {privileges}")
            try_all(child.pid, thread)
    finally:
        child.kill()
        child.wait()


main(*sys.argv[1:])
