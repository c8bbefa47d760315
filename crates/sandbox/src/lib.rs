//! What a process of the payment zone can still do when it has started: read and write its own folder, answer those who
//! come in by its doors, reach the ports it was told, and nothing else.
//!
//! Two fences of the kernel. [`confine`] is put up by the only thread there is, before any other could be left outside
//! (Landlock): no file but the process's own, no port but its doors, no connection but to the ports it needs, no signal to
//! anybody. [`Confined::close`] is put up when the doors stand (seccomp, for all threads): only the system calls that its
//! work takes.
//!
//! Whoever breaks into the process by a request finds no way to carry a card out but the answers of its doors and what
//! listens on the ports that it may reach. Landlock knows ports and no addresses: to which machines a port leads is the
//! firewall's to say.

mod calls;

use std::io;
use std::path::{Path, PathBuf};

use landlock::{
    ABI, Access, AccessFs, AccessNet, BitFlags, CompatLevel, Compatible, NetPort, PathBeneath,
    PathFd, PathFdError, RestrictionStatus, Ruleset, RulesetAttr, RulesetCreated,
    RulesetCreatedAttr, RulesetError, RulesetStatus, Scope,
};
use rustix::process::{DumpableBehavior, Resource, Rlimit, set_dumpable_behavior, setrlimit};

/// Landlock of Linux 6.12: files, TCP ports, abstract sockets, signals.
const LANDLOCK: ABI = ABI::V6;
const LANDLOCK_SINCE: &str = "6.12";

/// Read by the clock, if there: where this machine is, and the rules of its time.
const TIME_ZONES: [&str; 2] = ["/etc/localtime", "/usr/share/zoneinfo"];

/// Why a fence could not be put up.
#[derive(Debug, thiserror::Error)]
pub enum NotConfined {
    /// The kernel knows less than is needed.
    #[error(
        "this kernel cannot confine the {process}: {reason}. Linux {LANDLOCK_SINCE} or later with Landlock and seccomp is needed"
    )]
    Kernel {
        /// Which process.
        process: &'static str,
        /// What the kernel said.
        reason: String,
    },
    /// A file or folder of the process cannot be opened.
    #[error("{path} cannot be opened to confine the {process} to it: {source}", path = path.display())]
    Path {
        /// Which process.
        process: &'static str,
        /// Which one.
        path: PathBuf,
        /// Why.
        source: PathFdError,
    },
}

/// How much less than everything is accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Demand {
    /// Nothing less: a process of a real shop does not start.
    Everything,
    /// What the kernel can do: a demonstration runs on any.
    WhatThereIs,
}

/// All that a process keeps of the system.
#[derive(Clone, Debug)]
pub struct Needs {
    /// Its name in messages: `"vault"`.
    pub process: &'static str,
    /// Its own folder: read and written, and nothing in it is run.
    pub own: PathBuf,
    /// Files and folders that it reads only.
    pub read: Vec<PathBuf>,
    /// The TCP ports of its doors.
    pub listen: Vec<u16>,
    /// The TCP ports that it connects to; without any it makes no connection at all.
    pub connect: Vec<u16>,
}

/// The proof that the first fence stands, as far as was demanded.
#[derive(Debug)]
pub struct Confined {
    process: &'static str,
    demand: Demand,
    connects: bool,
}

/// No core file, and no other process of the same user may read this one's memory (PR_SET_DUMPABLE 0). For every process
/// that touches a key or a card.
///
/// # Errors
/// Whatever the operating system says.
pub fn harden() -> io::Result<()> {
    set_dumpable_behavior(DumpableBehavior::NotDumpable)?;
    let none = Rlimit {
        current: Some(0),
        maximum: Some(0),
    };
    Ok(setrlimit(Resource::Core, none)?)
}

/// Puts up the fence around files and ports, for this thread and all that it starts from now on: call it before there
/// are others.
///
/// # Errors
/// [`NotConfined`]; with [`Demand::WhatThereIs`], only for files and folders that cannot be opened.
pub fn confine(needs: &Needs, demand: Demand) -> Result<Confined, NotConfined> {
    let process = needs.process;
    let fenced = fence(needs, demand)?.restrict_self();
    match fenced.map_err(|error| kernel(process, &error))? {
        RestrictionStatus {
            ruleset: RulesetStatus::FullyEnforced,
            no_new_privs: true,
            ..
        } => {}
        less if demand == Demand::Everything => {
            return Err(NotConfined::Kernel {
                process,
                reason: format!("{:?}", less.ruleset),
            });
        }
        less => tracing::warn!(
            process,
            landlock = ?less.ruleset,
            "this kernel confines the process less than a real shop would accept"
        ),
    }
    Ok(Confined {
        process,
        demand,
        connects: !needs.connect.is_empty(),
    })
}

fn fence(needs: &Needs, demand: Demand) -> Result<RulesetCreated, NotConfined> {
    let refused = |error| kernel(needs.process, &error);
    let level = match demand {
        Demand::Everything => CompatLevel::HardRequirement,
        Demand::WhatThereIs => CompatLevel::BestEffort,
    };
    let ruleset = Ruleset::default()
        .set_compatibility(level)
        .handle_access(AccessFs::from_all(LANDLOCK))
        .and_then(|rules| rules.handle_access(AccessNet::from_all(LANDLOCK)))
        .and_then(|rules| rules.scope(Scope::from_all(LANDLOCK)))
        .and_then(Ruleset::create)
        .map_err(refused)?;
    let own = AccessFs::from_all(LANDLOCK)
        & !(AccessFs::Execute
            | AccessFs::MakeChar
            | AccessFs::MakeBlock
            | AccessFs::MakeSym
            | AccessFs::MakeFifo
            | AccessFs::IoctlDev);
    let mut ruleset = within(ruleset, needs.process, &needs.own, own)?;
    let zones = TIME_ZONES
        .iter()
        .map(Path::new)
        .filter(|zone| zone.exists());
    for path in needs.read.iter().map(PathBuf::as_path).chain(zones) {
        let read = AccessFs::ReadFile | AccessFs::ReadDir;
        ruleset = within(ruleset, needs.process, path, read)?;
    }
    let doors = needs.listen.iter().map(|port| (port, AccessNet::BindTcp));
    let ways = needs.connect.iter();
    for (port, access) in doors.chain(ways.map(|port| (port, AccessNet::ConnectTcp))) {
        ruleset = ruleset
            .add_rule(NetPort::new(*port, access))
            .map_err(refused)?;
    }
    Ok(ruleset)
}

fn within(
    ruleset: RulesetCreated,
    process: &'static str,
    path: &Path,
    access: BitFlags<AccessFs>,
) -> Result<RulesetCreated, NotConfined> {
    let opened = PathFd::new(path).map_err(|source| NotConfined::Path {
        process,
        path: path.to_owned(),
        source,
    })?;
    let of_a_file = access & AccessFs::from_file(LANDLOCK);
    let access = if path.is_dir() { access } else { of_a_file };
    ruleset
        .add_rule(PathBeneath::new(opened, access))
        .map_err(|error| kernel(process, &error))
}

fn kernel(process: &'static str, error: &RulesetError) -> NotConfined {
    NotConfined::Kernel {
        process,
        reason: error.to_string(),
    }
}

impl Confined {
    /// Puts up the fence around system calls, for all threads: call it when the doors are bound.
    ///
    /// # Errors
    /// [`NotConfined::Kernel`], when nothing less than everything is accepted.
    pub fn close(&self) -> Result<(), NotConfined> {
        let process = self.process;
        match calls::allow_only(self.connects) {
            Ok(()) => Ok(()),
            Err(error) if self.demand == Demand::Everything => Err(NotConfined::Kernel {
                process,
                reason: error.to_string(),
            }),
            Err(error) => {
                tracing::warn!(process, %error, "this kernel does not limit the system calls");
                Ok(())
            }
        }
    }
}
