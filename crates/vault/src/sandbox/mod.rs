//! What the vault's process can still do when it has started: read and write its own folder, answer those who come in
//! by its two doors, and nothing else.
//!
//! Two fences of the kernel. [`confine`] is put up by the only thread there is, before any other could be left outside
//! (Landlock): no file but the vault's own, no port but its doors, no connection to anywhere, no signal to anybody. [`close`]
//! is put up when the doors stand (seccomp, for all threads): only the system calls that answering takes.
//!
//! Whoever breaks into the process by a request finds no way to carry a card out but the answers of the two doors.

mod calls;

use std::path::{Path, PathBuf};

use landlock::{
    ABI, Access, AccessFs, AccessNet, BitFlags, CompatLevel, Compatible, NetPort, PathBeneath,
    PathFd, PathFdError, RestrictionStatus, Ruleset, RulesetAttr, RulesetCreated,
    RulesetCreatedAttr, RulesetError, RulesetStatus, Scope,
};

use crate::config::{Config, Profile};

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
        "this kernel cannot confine the vault: {0}. Linux {LANDLOCK_SINCE} or later with Landlock and seccomp is needed"
    )]
    Kernel(String),
    /// A file or folder of the vault cannot be opened.
    #[error("{path} cannot be opened to confine the vault to it: {source}", path = path.display())]
    Path {
        /// Which one.
        path: PathBuf,
        /// Why.
        source: PathFdError,
    },
}

/// The proof that the first fence stands, as far as the profile demands.
#[derive(Debug)]
pub struct Confined(Demand);

/// How much less than everything is accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Demand {
    /// Nothing less: a real shop's vault does not start.
    Everything,
    /// What the kernel can do: a demonstration runs on any.
    WhatThereIs,
}

/// Puts up the fence around files and ports, for this thread and all that it starts from now on: call it before there
/// are others.
///
/// # Errors
/// [`NotConfined`]; with the profile of a demonstration, only for folders that cannot be opened.
pub fn confine(config: &Config) -> Result<Confined, NotConfined> {
    let demand = match config.profile {
        Profile::Production => Demand::Everything,
        Profile::Development => Demand::WhatThereIs,
    };
    match fence(config, demand)?.restrict_self().map_err(kernel)? {
        RestrictionStatus {
            ruleset: RulesetStatus::FullyEnforced,
            no_new_privs: true,
            ..
        } => {}
        less if demand == Demand::Everything => {
            return Err(NotConfined::Kernel(format!("{:?}", less.ruleset)));
        }
        less => tracing::warn!(
            landlock = ?less.ruleset,
            "this kernel confines the vault less than a real shop would accept"
        ),
    }
    Ok(Confined(demand))
}

fn fence(config: &Config, demand: Demand) -> Result<RulesetCreated, NotConfined> {
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
        .map_err(kernel)?;
    let own = AccessFs::from_all(LANDLOCK)
        & !(AccessFs::Execute
            | AccessFs::MakeChar
            | AccessFs::MakeBlock
            | AccessFs::MakeSym
            | AccessFs::MakeFifo
            | AccessFs::IoctlDev);
    let mut ruleset = within(ruleset, &config.data_dir, own)?;
    let tls = config.public_tls.iter();
    let read = tls
        .flat_map(|files| [files.chain.as_path(), &files.key])
        .chain([config.certs_dir.as_path()])
        .chain(
            TIME_ZONES
                .map(Path::new)
                .into_iter()
                .filter(|path| path.exists()),
        );
    for path in read {
        ruleset = within(ruleset, path, AccessFs::ReadFile | AccessFs::ReadDir)?;
    }
    for door in [config.public_listen, config.private_listen] {
        ruleset = ruleset
            .add_rule(NetPort::new(door.port(), AccessNet::BindTcp))
            .map_err(kernel)?;
    }
    Ok(ruleset)
}

fn within(
    ruleset: RulesetCreated,
    path: &Path,
    access: BitFlags<AccessFs>,
) -> Result<RulesetCreated, NotConfined> {
    let opened = PathFd::new(path).map_err(|source| NotConfined::Path {
        path: path.to_owned(),
        source,
    })?;
    let of_a_file = access & AccessFs::from_file(LANDLOCK);
    let access = if path.is_dir() { access } else { of_a_file };
    ruleset
        .add_rule(PathBeneath::new(opened, access))
        .map_err(kernel)
}

fn kernel(error: RulesetError) -> NotConfined {
    NotConfined::Kernel(error.to_string())
}

/// Puts up the fence around system calls, for all threads: call it when both doors are bound.
///
/// # Errors
/// [`NotConfined::Kernel`], when nothing less than everything is accepted.
pub fn close(confined: &Confined) -> Result<(), NotConfined> {
    match calls::allow_only_answering() {
        Ok(()) => Ok(()),
        Err(error) if confined.0 == Demand::Everything => {
            Err(NotConfined::Kernel(error.to_string()))
        }
        Err(error) => {
            tracing::warn!(%error, "this kernel does not limit the vault's system calls");
            Ok(())
        }
    }
}
