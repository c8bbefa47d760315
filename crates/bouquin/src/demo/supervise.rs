//! Keeps the four processes alive: one that dies is started again, and all stop together.

use std::{
    path::PathBuf,
    process::{ExitStatus, Stdio},
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::{Context, Result};
use tokio::{
    process::{Child, Command},
    sync::watch,
    task::JoinSet,
};

use super::{ground::Ground, roster::Roster};

/// Names the supervisor to a child, which then ends when the supervisor does.
pub const SUPERVISOR: &str = "BOUQUIN_SUPERVISOR";

/// The longest pause before a process that keeps dying is started again.
const LONGEST_PAUSE: Duration = Duration::from_secs(5);
/// How long a process may take to end when asked to.
const STOP_TIME: Duration = Duration::from_secs(10);

/// A process of the demonstration.
#[derive(Clone)]
struct Process {
    name: &'static str,
    arguments: Vec<String>,
    log: PathBuf,
    roster: Arc<Roster>,
}

/// The running processes.
pub struct Supervisor {
    stop: watch::Sender<bool>,
    processes: JoinSet<()>,
}

/// Starts bank, vault, switch and shop, in the order in which they call each other.
pub fn start(ground: &Ground, roster: &Arc<Roster>) -> Result<Supervisor> {
    let (stop, stopping) = watch::channel(false);
    let mut processes = JoinSet::new();
    let commands: [(&str, &[&str]); 4] = [
        ("bank", &["bank", "serve"]),
        ("vault", &["vault", "--dev"]),
        ("switch", &["switch"]),
        ("shop", &["serve"]),
    ];
    for (name, command) in commands {
        let mut arguments: Vec<String> = command.iter().map(|&word| word.to_owned()).collect();
        arguments.extend([
            "--config".to_owned(),
            ground.config(name).display().to_string(),
        ]);
        let process = Process {
            name,
            arguments,
            log: ground.log(name),
            roster: Arc::clone(roster),
        };
        let first = process.spawn()?;
        processes.spawn(keep_alive(process, first, stopping.clone()));
    }
    Ok(Supervisor { stop, processes })
}

impl Supervisor {
    /// Asks all processes to end and waits for them.
    pub async fn stop(mut self) {
        self.stop.send_replace(true);
        while self.processes.join_next().await.is_some() {}
    }
}

impl Process {
    fn spawn(&self) -> Result<Child> {
        let log = std::fs::OpenOptions::new()
            .create(true)
            .append(true)
            .open(&self.log)
            .with_context(|| self.log.display().to_string())?;
        let child = Command::new(std::env::current_exe()?)
            .args(&self.arguments)
            .env(SUPERVISOR, std::process::id().to_string())
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            // Ctrl-C reaches this process alone, which then stops the others in order.
            .process_group(0)
            .spawn()
            .with_context(|| format!("{} could not be started", self.name))?;
        if let Some(pid) = child.id() {
            self.roster.note(self.name, pid)?;
        }
        Ok(child)
    }
}

/// Waits for the process to end and starts it again, until told to stop.
async fn keep_alive(process: Process, mut child: Child, mut stopping: watch::Receiver<bool>) {
    let mut pause = Duration::from_millis(100);
    loop {
        let begun = Instant::now();
        tokio::select! {
            ended = child.wait() => tell_end(&process, ended.ok()),
            () = told(&mut stopping) => return end(&process, child).await,
        }
        // A process that ran for a while gets a quick new start; one that dies at once waits longer.
        pause = if begun.elapsed() > Duration::from_secs(10) {
            Duration::from_millis(100)
        } else {
            (pause * 2).min(LONGEST_PAUSE)
        };
        child = loop {
            tokio::select! {
                () = tokio::time::sleep(pause) => {}
                () = told(&mut stopping) => return,
            }
            match process.spawn() {
                Ok(child) => break child,
                Err(error) => eprintln!("{error:#}; trying again"),
            }
        };
    }
}

/// Waits for the word to stop, or for the supervisor to be gone.
async fn told(stopping: &mut watch::Receiver<bool>) {
    drop(stopping.wait_for(|stop| *stop).await);
}

fn tell_end(process: &Process, status: Option<ExitStatus>) {
    let how = status.map_or_else(|| "for an unknown reason".to_owned(), |s| s.to_string());
    eprintln!(
        "{} ended ({how}); starting it again. Its log: {}",
        process.name,
        process.log.display()
    );
}

async fn end(process: &Process, mut child: Child) {
    if let Some(pid) = child.id().and_then(|id| i32::try_from(id).ok())
        && let Some(pid) = rustix::process::Pid::from_raw(pid)
    {
        // It may have ended a moment ago by itself.
        let _ = rustix::process::kill_process(pid, rustix::process::Signal::TERM);
    }
    if tokio::time::timeout(STOP_TIME, child.wait()).await.is_err() {
        eprintln!(
            "{} did not end in {} s and is killed",
            process.name,
            STOP_TIME.as_secs()
        );
        drop(child.kill().await);
    }
}

/// In a supervised process: end when the supervisor ends, however it does.
pub fn follow_supervisor() {
    let Ok(supervisor) = std::env::var(SUPERVISOR) else {
        return;
    };
    let term = Some(rustix::process::Signal::TERM);
    if let Err(error) = rustix::process::set_parent_process_death_signal(term) {
        tracing::warn!(%error, "this process would outlive its supervisor");
    }
    let parent = rustix::process::getppid().map(|pid| pid.as_raw_nonzero().get().to_string());
    if parent.as_deref() != Some(supervisor.as_str()) {
        tracing::warn!("the supervisor is gone already");
        std::process::exit(0);
    }
}
