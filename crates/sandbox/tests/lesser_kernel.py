"""Runs a program as if the kernel could do less.

lesser_kernel.py CALL=ERROR PROGRAM ARGUMENT...     the call, `landlock_create_ruleset` or `seccomp`, fails with that error's name
lesser_kernel.py landlock=VERSION PROGRAM ...       Landlock is there, and says that it is as old as that version
"""

import ctypes
import errno
import fcntl
import os
import platform
import select
import signal
import socket
import struct
import sys

libc = ctypes.CDLL(None, use_errno=True)
SECCOMP = {"x86_64": 317, "aarch64": 277}[platform.machine()]
CREATE_RULESET = 444
PR_SET_NO_NEW_PRIVS, PR_SET_PDEATHSIG, SET_FILTER, NEW_LISTENER = 38, 1, 1, 8
FAIL, ASK, ALLOW = 0x00050000, 0x7FC00000, 0x7FFF0000
RECEIVE, SEND, GO_ON = 0xC0502100, 0xC0182101, 1
NOTICE, ANSWER = struct.Struct("QIIiIQ6Q"), struct.Struct("QqiI")
WHICH_VERSION = 1


def filtered(number, action, flags=0):
    """Has one call end in `action` from now on, in this process and all that it becomes."""
    load, equal, end = 0x20, 0x15, 0x06
    steps = [(load, 0, 0, 0), (equal, 0, 1, number), (end, 0, 0, action), (end, 0, 0, ALLOW)]
    code = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *step) for step in steps))
    program = struct.pack("HxxxxxxQ", len(steps), ctypes.addressof(code))
    libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    listener = libc.syscall(SECCOMP, SET_FILTER, flags, program)
    if listener < 0:
        raise OSError(ctypes.get_errno(), "seccomp")
    return listener


def answer(listener, version):
    """Answers the question for the version, and lets the kernel do the rest."""
    notice = bytearray(NOTICE.size)
    fcntl.ioctl(listener, RECEIVE, notice)
    asked = NOTICE.unpack(notice)
    is_question = asked[8] == WHICH_VERSION
    told = (version, 0, 0) if is_question else (0, 0, GO_ON)
    fcntl.ioctl(listener, SEND, ANSWER.pack(asked[0], *told))


def old_landlock(version, program):
    ours, theirs = socket.socketpair()
    child = os.fork()
    if child == 0:
        libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        listener = filtered(CREATE_RULESET, ASK, NEW_LISTENER)
        socket.send_fds(theirs, [b"x"], [listener])
        os.execvp(program[0], program)
    _, [listener], _, _ = socket.recv_fds(ours, 1, 1)
    asked = select.poll()
    asked.register(listener, select.POLLIN)
    # It hangs up when nobody is left who could ask.
    while all(events & select.POLLIN for _, events in asked.poll()):
        answer(listener, version)
    _, status = os.waitpid(child, 0)
    sys.exit(os.waitstatus_to_exitcode(status))


def main(less, *program):
    call, how = less.split("=")
    if call == "landlock":
        old_landlock(int(how), program)
    number = {"landlock_create_ruleset": CREATE_RULESET, "seccomp": SECCOMP}[call]
    filtered(number, FAIL | getattr(errno, how))
    os.execvp(program[0], program)


main(*sys.argv[1:])
